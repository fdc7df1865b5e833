import type { Target, TargetOptions } from "../../core/action-writer.ts";
import { TailraceError } from "../../core/errors.ts";
import type { TableVersion } from "../../core/row-layout.ts";
import { compileEncoder, type RowEncoder } from "../../rules/encoder.ts";
import type { LoadedRule } from "../rule-set.ts";
import type { Comparing } from "./difference.ts";
import type { DocumentBatch } from "./document-batch.ts";

/** A rule compiled for one definition of a table, to make documents of rows that a SELECT found, as a load would write them. */
export class TableDocuments {
  readonly rule: LoadedRule;
  readonly table: TableVersion;
  readonly #encoder: RowEncoder;
  readonly #target: Target | null;

  /** Throws RULE_*. */
  constructor(rule: LoadedRule, table: TableVersion) {
    this.rule = rule;
    this.table = table;
    this.#encoder = compileEncoder(rule.rule, table, { transform: rule.transform });
    const { index } = this.#encoder.plan;
    this.#target = typeof index === "string" ? this.#targetOf(index) : null;
  }

  /** What of a document is the rule's to say. */
  get comparing(): Comparing {
    if (this.rule.config.pipeline !== undefined) return "presence";
    return this.#encoder.plan.write === "whole" ? "whole" : "part";
  }

  /** Makes the documents of the rows at `bytes[start, end)`. Returns how many rows failed, or have a document that no index takes. */
  encode(
    bytes: Buffer,
    range: readonly [start: number, end: number],
    batch: DocumentBatch,
  ): number {
    const encoder = this.#encoder;
    const [start, end] = range;
    const nameless = batch.nameless;
    let failed = 0;
    let next = start;
    while (next !== end) {
      batch.begin(this.#target);
      encoder.script?.begin("insert", 0);
      next = encoder.insert(bytes, next, end, batch);
      if (next === end) break;
      const { stop } = encoder;
      if (stop.reason === "target") encoder.targets.set(stop.index, this.#targetOf(stop.index));
      else if (stop.reason === "failed") {
        failed += 1;
        next = stop.next;
      } else throw new TailraceError("INVARIANT_BROKEN", "A batch of documents has room always.");
    }
    return failed + batch.nameless - nameless;
  }

  /** The place behind the row at `at`. */
  rowEnd(bytes: Buffer, at: number): number {
    return this.#encoder.rowEnd(bytes, at, bytes.length);
  }

  #targetOf(index: string): TargetOptions {
    const { pipeline } = this.rule.config;
    return { index, write: this.#encoder.plan.write, pipeline };
  }
}

/** The rules' encoders by definition of a table: each is compiled once. */
export class DocumentEncoders {
  readonly #rules: ReadonlyMap<string, LoadedRule>;
  readonly #known = new WeakMap<TableVersion, Map<string, TableDocuments>>();

  constructor(rules: readonly LoadedRule[]) {
    this.#rules = new Map(rules.map((rule) => [rule.config.name, rule]));
  }

  /** The encoder of a rule by name. Throws RULE_*. */
  of(rule: string, table: TableVersion): TableDocuments {
    let encoders = this.#known.get(table);
    if (encoders === undefined) this.#known.set(table, (encoders = new Map()));
    let encoder = encoders.get(rule);
    if (encoder === undefined)
      encoders.set(rule, (encoder = new TableDocuments(this.#rules.get(rule)!, table)));
    return encoder;
  }
}
