import { openTestDatabase } from "../support/mysql.ts";
import type { Column } from "../../src/core/schema.ts";
import type { RowValues } from "../../src/expression/evaluate.ts";
import { asked, difference } from "./agree.ts";
import type { Group, Template } from "./catalogue.ts";
import { decodeValue, readExpression } from "./decode-value.ts";
import { Generator, type Sample } from "./generate.ts";
import { evaluateHere, type Ours } from "./here.ts";
import { Oracle } from "./oracle.ts";
import { PROBE_COLUMNS, probeTableSql } from "./probe-table.ts";
import { Random } from "./random.ts";
import { shrink } from "./shrink.ts";

/** What is compared. */
export interface ComparisonOptions {
  readonly server: "mysql" | URL;
  readonly seed: number;
  readonly count: number;
  /** Depth of nesting. Default 4. */
  readonly depth?: number | undefined;
  /** Only functions of these groups. */
  readonly groups?: readonly Group[] | undefined;
  /** Stop after so many differences of one template. Default 3. */
  readonly perTemplate?: number | undefined;
}

/** An expression on which we and MySQL differ, as small as it could be made. */
export interface Difference {
  readonly group: Group;
  readonly sql: string;
  readonly what: string;
  /** The row it was found on: the columns that the expression uses, as MySQL prints them. */
  readonly row: string;
}

/** What came out. */
export interface Comparison {
  readonly compared: number;
  /** How often a call could not be compiled, by reason; the calls that could be. */
  readonly refusals: ReadonlyMap<string, number>;
  readonly compiled: number;
  /** Values compared, those that were NULL, rows that failed on both sides. */
  readonly values: number;
  readonly nulls: number;
  readonly failures: number;
  /** Expressions of which MySQL says something else of a row among others than of the row by itself, which is what we say. */
  readonly unsteady: number;
  readonly differences: readonly Difference[];
}

const TABLE_ROWS = 240;
const BATCH_EXPRESSIONS = 60;
const BATCH_ROWS = 8;

/** Columns of the table as the compiler sees them. */
export const COLUMNS: readonly Column[] = PROBE_COLUMNS.map((probe) => probe.column);

/** Makes up expressions and rows from a seed and compares our values with those of a real MySQL. */
export async function compareExpressions(options: ComparisonOptions): Promise<Comparison> {
  const random = new Random(options.seed);
  await using database = await openTestDatabase(options.server);
  for (const statement of probeTableSql(random, TABLE_ROWS)) await database.query(statement);
  await using oracle = await Oracle.open(database.url, database.name);
  const rows = await readRows(oracle, TABLE_ROWS);
  const run = new Run(options, random, oracle, rows);
  await run.all();
  return run.result();
}

/** The table's rows as values, in the order of their ids. */
export async function readRows(oracle: Oracle, count: number): Promise<readonly RowValues[]> {
  const ids = Array.from({ length: count }, (_, row) => row + 1);
  const answers = await oracle.ask(COLUMNS.map(readExpression), ids);
  return ids.map((_, row) =>
    COLUMNS.map((column, i) => {
      const value = answers[i]!.values[row]!;
      return value === null ? null : decodeValue(column, value as Buffer);
    }),
  );
}

/** An expression that we can evaluate. */
interface Trial {
  readonly sample: Sample;
  readonly ours: Extract<Ours, { type: unknown }>;
}

class Run {
  readonly #options: ComparisonOptions;
  readonly #random: Random;
  readonly #oracle: Oracle;
  readonly #rows: readonly RowValues[];
  readonly #generator: Generator;
  readonly #refusals = new Map<string, number>();
  readonly #found = new Map<Template | null, number>();
  readonly #differences: Difference[] = [];
  #compiled = 0;
  #compared = 0;
  #values = 0;
  #nulls = 0;
  #failures = 0;
  #unsteady = 0;

  constructor(
    options: ComparisonOptions,
    random: Random,
    oracle: Oracle,
    rows: readonly RowValues[],
  ) {
    this.#options = options;
    this.#random = random;
    this.#oracle = oracle;
    this.#rows = rows;
    this.#generator = new Generator(
      random,
      (sql, template) => this.#isUsable(sql, template),
      options.groups,
    );
  }

  async all(): Promise<void> {
    const { count, depth = 4 } = this.#options;
    // the server works on one batch while we make up the next
    let earlier = Promise.resolve();
    let planned = 0;
    for (let attempts = 0; planned < count && attempts < 20 * count;) {
      const first = this.#random.below(TABLE_ROWS - BATCH_ROWS);
      const rows = this.#rows.slice(first, first + BATCH_ROWS);
      const ids = rows.map((_, i) => first + i + 1);
      const trials: Trial[] = [];
      while (trials.length < BATCH_EXPRESSIONS && attempts++ < 20 * count) {
        const sample = this.#generator.expression(1 + this.#random.below(depth));
        const ours = evaluateHere(sample.sql, COLUMNS, rows);
        if ("type" in ours) trials.push({ sample, ours });
      }
      planned += trials.length;
      await earlier;
      earlier = this.#compare(trials, ids);
    }
    await earlier;
  }

  result(): Comparison {
    return {
      compared: this.#compared,
      refusals: this.#refusals,
      compiled: this.#compiled,
      values: this.#values,
      nulls: this.#nulls,
      failures: this.#failures,
      unsteady: this.#unsteady,
      differences: this.#differences,
    };
  }

  /** Can it be compiled? Counts what cannot. */
  #isUsable(sql: string, template: Template): boolean {
    const ours = evaluateHere(sql, COLUMNS, []);
    if ("type" in ours) {
      this.#compiled++;
      return true;
    }
    const reason = `${template.group}: ${ours.refusal}`;
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
    return false;
  }

  async #compare(trials: readonly Trial[], ids: readonly number[]): Promise<void> {
    // what fails for a row is asked by itself: the others need not be asked twice
    const smooth = trials.filter(({ ours }) => ours.values.every((value) => !isFailure(value)));
    const rough = trials.filter((trial) => !smooth.includes(trial));
    const answers = await this.#oracle.ask(
      smooth.map(({ sample, ours }) => asked(sample.sql, ours.type)),
      ids,
    );
    for (const [i, trial] of smooth.entries()) await this.#judge(trial, answers[i]!, ids);
    for (const trial of rough) {
      const [answer] = await this.#oracle.ask([asked(trial.sample.sql, trial.ours.type)], ids);
      await this.#judge(trial, answer!, ids);
    }
  }

  async #judge(
    { sample, ours }: Trial,
    answer: Parameters<typeof difference>[1],
    ids: readonly number[],
  ): Promise<void> {
    this.#compared++;
    this.#values += ids.length;
    for (const value of answer.values) {
      if (value === null) this.#nulls++;
      if (typeof value === "number") this.#failures++;
    }
    if (difference(ours, answer) === null) return;
    // MySQL's functions write into the buffers of their constant arguments now and then: what it says of a row by itself counts
    if ((await this.#differs(sample, ids)) === null) {
      this.#unsteady++;
      return;
    }
    const found = this.#found.get(sample.template) ?? 0;
    if (found >= (this.#options.perTemplate ?? 3)) return;
    const differs = (candidate: Sample): Promise<string | null> => this.#differs(candidate, ids);
    const least = await shrink(sample, differs);
    const known = this.#found.get(least.template) ?? 0;
    this.#found.set(sample.template, found + 1);
    if (least.template !== sample.template) this.#found.set(least.template, known + 1);
    if (known >= (this.#options.perTemplate ?? 3)) return;
    if (this.#differences.some(({ sql }) => sql === least.sql)) return;
    const what = (await differs(least))!;
    const row = ids[Number(/^row (\d+)/.exec(what)?.[1] ?? 0)]!;
    this.#differences.push({
      group: (least.template ?? sample.template)?.group ?? "text",
      sql: least.sql,
      what,
      row: await this.#describeRow(least.sql, row),
    });
  }

  async #differs(sample: Sample, ids: readonly number[]): Promise<string | null> {
    const rows = ids.map((id) => this.#rows[id - 1]!);
    const ours = evaluateHere(sample.sql, COLUMNS, rows);
    if (!("type" in ours)) return null;
    return difference(ours, await this.#oracle.askRowByRow(asked(sample.sql, ours.type), ids));
  }

  async #describeRow(sql: string, id: number): Promise<string> {
    const words = new Set(sql.toLowerCase().match(/[a-z]\w*/g));
    const used = COLUMNS.map((column, i) => ({ column, sql: PROBE_COLUMNS[i]!.sql })).filter(
      ({ column }) => words.has(column.name),
    );
    const quoted = used.map(({ column }) =>
      column.type.kind === "binary" ? `hex(${column.name})` : `quote(${readExpression(column)})`,
    );
    const answers = quoted.length === 0 ? [] : await this.#oracle.ask(quoted, [id]);
    return used
      .map(
        ({ column, sql: type }, i) => `${column.name} ${type} = ${String(answers[i]!.values[0])}`,
      )
      .join("; ");
  }
}

function isFailure(value: unknown): boolean {
  return typeof value === "number" || value instanceof Error;
}
