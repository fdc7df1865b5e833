import type { ActionWriter, Target } from "../core/action-writer.ts";
import { TailraceError } from "../core/errors.ts";
import type { TableVersion } from "../core/row-layout.ts";
import type { RuleOptions } from "./rule.ts";
import { type DocumentPlan, planDocument } from "./plan.ts";
import { generateEncoder } from "./generate.ts";

/**
 * Encodes the rows that lie in `bytes[start, end)` into actions and returns where it stopped: `end`, or the start of the first row that the
 * writer had no room for. Call it again from there after `Sink.room()`.
 */
export type EncodeRows = (
  bytes: unknown,
  start: number,
  end: number,
  writer: ActionWriter,
) => number;

/** A rule compiled against one definition of a table. */
export interface RowEncoder {
  readonly plan: DocumentPlan;
  readonly insert: EncodeRows;
  /** Rows are pairs of before and after image; a changed document id becomes delete, then index. */
  readonly update: EncodeRows;
  readonly delete: EncodeRows;
}

/**
 * Compiles a rule against a table. The code works on the layout's bytes and makes no object per row. Throws RULE_* when the rule does not fit
 * the table.
 */
export function compileEncoder(rule: RuleOptions, table: TableVersion): RowEncoder {
  const plan = planDocument(rule, table.schema);
  const source = generateEncoder(plan, table.layout);
  const helpers = { ...table.layout.helpers, ...source.constants, overrun };
  // our own source: names of tables and columns are in it as bytes only
  // oxlint-disable-next-line typescript/no-implied-eval
  const factory = new Function(...Object.keys(helpers), source.code) as (
    ...values: unknown[]
  ) => Omit<RowEncoder, "plan">;
  return { plan, ...factory(...Object.values(helpers)) };
}

/** Where a rule's rows go and how: what the pipeline keeps per rule and table version. */
export interface CompiledRule {
  readonly target: Target;
  readonly encoder: RowEncoder;
}

function overrun(): never {
  throw new TailraceError("BINLOG_CORRUPT", "A row is longer than its row event.");
}
