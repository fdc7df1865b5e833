import type { ActionWriter, Target } from "../core/action-writer.ts";
import { TailraceError } from "../core/errors.ts";
import type { TableVersion } from "../core/row-layout.ts";
import type { Rule } from "../query/rule.ts";
import { generatePlainEncoder } from "./generate.ts";
import { generateRuleEncoder } from "./generate-rule.ts";
import { type DocumentPlan, isPlain, planDocument } from "./plan.ts";
import { Script } from "./script.ts";
import type { TransformFunction } from "./transform.ts";

/**
 * Encodes the rows that lie in `bytes[start, end)` into actions and returns where it stopped: `end`, or the start of a row, of which {@link RowEncoder.stop} tells why. Call it
 * again from there when the reason is gone, or behind a row that failed. The writer must have begun with the encoder's target.
 */
export type EncodeRows = (
  bytes: unknown,
  start: number,
  end: number,
  writer: ActionWriter,
) => number;

/** Why an encoder stopped at a row. One object, reused. */
export interface EncoderStop {
  /** `room`: the writer had none. `target`: the index is not among `targets`. `failed`: there is no document of the row. */
  reason: "room" | "target" | "failed";
  /** With `target`: the index that must be opened. */
  index: string;
  /** With `target`: the row removes its document there. An index that does not exist has none: null stands for it among `targets`, for as long as that is certain. */
  isLeaving: boolean;
  /** With `failed`: why, the row's document id as far as it is known, and the place behind the row. */
  error: unknown;
  id: string | null;
  next: number;
}

/** Rows of which nothing was written, since the encoder was compiled. */
export interface RowCounts {
  /** The rule's conditions leave them out. */
  filtered: number;
  /** Updates in which no column changed that the rule uses. */
  unchanged: number;
}

/** A rule compiled against one definition of a table. */
export interface RowEncoder {
  readonly plan: DocumentPlan;
  readonly insert: EncodeRows;
  /** Rows are pairs of before and after image; one that moves its document becomes delete, then index. */
  readonly update: EncodeRows;
  readonly delete: EncodeRows;
  /** Deletes what rows may have, whether the rule's conditions take them or not. */
  readonly purge: EncodeRows;
  /** The place behind the row image at `at`. */
  rowEnd(bytes: unknown, at: number, end: number): number;
  readonly stop: EncoderStop;
  readonly counts: RowCounts;
  /** Where the rule's index differs from row to row: the open ones by name, null for those that do not exist. Filled by the caller. */
  readonly targets: Map<string, Target | null>;
  /** What a rule's script is told of the change; null without one. Set before rows are encoded. */
  readonly script: Pick<Script, "begin"> | null;
}

/** What else an encoder is made of. */
export interface EncoderOptions {
  /** The rule's script, loaded; needed where the rule names one. */
  readonly transform?: TransformFunction | null;
  /** Counts on in these. */
  readonly counts?: RowCounts;
  /** Called for each update whose image before is not told, of a rule whose documents move: one that has moved stays where it was, too. */
  readonly onNoBefore?: () => void;
}

/**
 * Compiles a rule against a table. The code works on the layout's bytes and makes no object per row but what expressions need. Throws RULE_* when the rule does not fit
 * the table.
 */
export function compileEncoder(
  rule: Rule,
  table: TableVersion,
  options: EncoderOptions = {},
): RowEncoder {
  const { schema, layout } = table;
  const plan = planDocument(rule, schema);
  const { transform = null, counts = { filtered: 0, unchanged: 0 }, onNoBefore } = options;
  if (rule.options.transform !== undefined && transform === null)
    throw new TailraceError(
      "INVARIANT_BROKEN",
      `The script of rule ${rule.options.name} was not loaded.`,
    );
  const script = transform === null ? null : new Script(transform, rule.options.name, schema);
  const { id } = plan;
  const source =
    script === null && isPlain(plan) && id.kind === "columns"
      ? generatePlainEncoder(plan, layout, id.columns)
      : generateRuleEncoder({ plan, layout, hasScript: script !== null });
  const stop: EncoderStop = {
    reason: "room",
    index: "",
    isLeaving: false,
    error: null,
    id: null,
    next: 0,
  };
  const targets = new Map<string, Target | null>();
  const own = { overrun, s: stop, counts, targets, script, onNoBefore: onNoBefore ?? ignore };
  const helpers = { ...layout.helpers, ...source.constants, ...own };
  // our own source: names of tables and columns are in it as bytes only
  // oxlint-disable-next-line typescript/no-implied-eval
  const factory = new Function(...Object.keys(helpers), source.code) as (
    ...values: unknown[]
  ) => Pick<RowEncoder, "insert" | "update" | "delete" | "purge" | "rowEnd">;
  return { plan, ...factory(...Object.values(helpers)), stop, counts, targets, script };
}

function ignore(): void {}

function overrun(): never {
  throw new TailraceError("BINLOG_CORRUPT", "A row is longer than its row event.");
}
