import type { Target } from "../core/action-writer.ts";
import { TailraceError } from "../core/errors.ts";
import type { TableVersion } from "../core/row-layout.ts";
import type { TableSchema } from "../core/schema.ts";
import type { Sink } from "../core/sink.ts";
import { compileEncoder, type RowCounts, type RowEncoder } from "../rules/encoder.ts";
import type { LoadedRule } from "./rule-set.ts";

/** One rule compiled for one table version. */
export interface Route {
  readonly rule: LoadedRule;
  readonly schema: TableSchema;
  readonly encoder: RowEncoder;
  /** Null where the index differs from row to row. */
  readonly target: Target | null;
}

/** What opening a route takes. */
export interface RouteContext {
  readonly sink: Sink;
  readonly counts: RowCounts;
  /** See `EncoderOptions`. */
  readonly onNoBefore: () => void;
}

/** Compiles a rule for a table version and makes its index ready, where it has one. Throws RULE_*, BULK_*. */
export async function openRoute(
  rule: LoadedRule,
  table: TableVersion,
  { sink, counts, onNoBefore }: RouteContext,
): Promise<Route> {
  const { transform } = rule;
  const encoder = compileEncoder(rule.rule, table, { transform, counts, onNoBefore });
  const { index } = encoder.plan;
  const { schema } = table;
  const route = { rule, schema, encoder, target: null };
  if (typeof index !== "string") return route;
  return { ...route, target: await prepareTarget(route, index, sink) };
}

/**
 * Makes the index at which the encoder of a route stopped ready and known to it. One that the row only leaves is not created: nothing is deleted where nothing is. The error
 * when it can never be made ready. Throws BULK_*.
 */
export async function openTarget(route: Route, sink: Sink): Promise<TailraceError | null> {
  const { stop, targets } = route.encoder;
  const { index, isLeaving } = stop;
  try {
    const isMissing = isLeaving && !(await sink.hasIndex(index));
    targets.set(index, isMissing ? null : await prepareTarget(route, index, sink));
    return null;
  } catch (error) {
    if (error instanceof TailraceError && error.disposition === "reject") return error;
    throw error;
  }
}

/** Indices that were not there may be there by now: others of the group write, too. */
export function forgetMissing({ encoder: { targets } }: Route): void {
  for (const [index, target] of targets) if (target === null) targets.delete(index);
}

async function prepareTarget(
  { rule: { config }, encoder: { plan } }: Pick<Route, "rule" | "encoder">,
  index: string,
  sink: Sink,
): Promise<Target> {
  const { createIndex: create, dynamic, pipeline } = config;
  const target = sink.target({ index, write: plan.write, pipeline });
  await sink.prepare({ target, fields: plan.fields, create, dynamic });
  return target;
}
