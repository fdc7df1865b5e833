import type { LogPlace } from "../../core/checkpoint.ts";
import type { Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type {
  AppliedPlace,
  ChunkDestination,
  ChunkReader,
  ChunkTable,
  TableLoad,
} from "../../core/load.ts";
import type { Logger } from "../../core/logger.ts";
import { tableName } from "../../core/schema.ts";
import { indexPattern, matchesIndex } from "../../rules/place.ts";
import { HttpClient } from "../../sink/client.ts";
import type { ConnectionOptions } from "../../sink/options.ts";
import type { LoadProgress } from "../../snapshot/load-progress.ts";
import { LoadRunner } from "../../snapshot/load-runner.ts";
import type { DocumentWriter } from "../load/document-writer.ts";
import type { LoadedRule } from "../rule-set.ts";
import type { Candidate } from "./candidate.ts";
import { Comparison } from "./comparison.ts";
import type { ConfirmedDifference, Verdict } from "./confirm.ts";
import type { Difference, DifferenceKind } from "./difference.ts";
import { findExtras } from "./extras.ts";
import { readWrittenIndices, type WrittenIndex } from "./index-names.ts";
import { Judge, type Judged } from "./judge.ts";
import { MemoryJournal } from "./memory-journal.ts";
import { PlaceSet } from "./place-set.ts";
import { Repairer } from "./repair.ts";
import { SamplingReader } from "./sampling-reader.ts";
import { Settling } from "./settling.ts";
import { DocumentEncoders } from "./table-documents.ts";
import type { TableCounts, VerifiedTable } from "./verified-table.ts";
import type { IndexCounts, VerifyResult } from "./verify-result.ts";

/** What comparing documents with their rows takes. */
export interface VerificationOptions {
  readonly pipeline: string;
  /** All rules of the pipeline. */
  readonly rules: readonly LoadedRule[];
  /** The walks: tables, each with the names of the rules whose documents are compared. */
  readonly loads: readonly TableLoad[];
  /** The walks cover all rows of these rules: only then documents without rows can be told. */
  readonly complete: readonly LoadedRule[];
  /** The share of the rows that is compared; absent = all. */
  readonly sample?: number | undefined;
  readonly sink: ConnectionOptions;
  /** Requests to the same cluster. */
  readonly client: JsonClient;
  readonly openReader: () => Promise<ChunkReader>;
  /** Null: nothing streams, rows are compared as they are. */
  readonly applied: AppliedPlace | null;
  readonly settleTimeoutMs: number;
  readonly connections: number;
  readonly chunkBytes: number;
  readonly maxRowsPerSecond?: number | undefined;
  /** Differences that the result names, at most; all are counted. */
  readonly maxDifferences: number;
  /** Places of documents that are remembered at once; with more documents the rows are walked again. Default 4 million. */
  readonly maxPlaces?: number | undefined;
  /** Repairs what differs; absent = nothing is written. */
  readonly writer?: DocumentWriter | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const NO_TABLE = "the server that rows are read from has no such table";

/** One comparison of documents with their rows. */
export class Verification implements AsyncDisposable {
  readonly #options: VerificationOptions;
  readonly #resources = new AsyncDisposableStack();
  readonly #http: HttpClient;
  readonly #encoders: DocumentEncoders;
  readonly #settling: Settling;
  readonly #judge: Judge;
  readonly #repairer: Repairer | null;
  readonly #tables = new Map<string, VerifiedTable>();
  readonly #differences: Difference[] = [];
  readonly #counts: Record<DifferenceKind, number> = {
    missing: 0,
    stale: 0,
    different: 0,
    extra: 0,
  };
  readonly #extra = new Map<string, { extra: number; unsettled: number }>();
  readonly #failures = new Map<string, string>();
  #indices: readonly WrittenIndex[] = [];
  #repaired = 0;
  #comparison: Comparison | null = null;
  #runner: LoadRunner | null = null;

  constructor(options: VerificationOptions) {
    this.#options = options;
    const { applied, settleTimeoutMs: timeoutMs, clock, logger, signal, writer } = options;
    this.#http = this.#resources.use(new HttpClient(options.sink));
    this.#encoders = new DocumentEncoders(options.rules);
    this.#settling = new Settling({ applied, timeoutMs, clock, logger, signal });
    const channel = this.#http.channel();
    const parts = { channel, encoders: this.#encoders, settling: this.#settling };
    this.#judge = this.#resources.use(
      new Judge({ ...options, ...parts, onVerdicts: (judged) => this.#note(judged) }),
    );
    this.#repairer =
      writer === undefined
        ? null
        : new Repairer({
            ...parts,
            writer,
            judge: this.#judge,
            mayDelete: (index) => this.#mayDelete(index),
            clock,
          });
  }

  /** Walks over all rows, compares and judges. Throws SOURCE_*, BULK_*, RULE_*; what passes is tried again. An abort ends it with what was found so far. */
  async run(): Promise<VerifyResult> {
    const { loads, complete, sample, maxPlaces: most } = this.#options;
    await this.#describe(loads);
    const places = new PlaceSet({ most });
    const isSearched = complete.length > 0 && sample === undefined;
    const comparison = new Comparison({
      tables: this.#tables,
      encoders: this.#encoders,
      places: isSearched ? places : null,
      openChannel: () => this.#http.channel(),
      onCandidates: (candidates) => this.#judge.take(candidates),
    });
    this.#comparison = comparison;
    this.#indices = await this.#readIndices([]);
    await this.#walk(comparison, [...this.#tables.values()], { sample });
    await this.#judge.finish();
    const searched = isSearched
      ? await this.#search(comparison, places)
      : new Map<string, number>();
    return this.#result(searched);
  }

  /** How far the walks are. */
  progress(): readonly LoadProgress[] {
    return this.#runner?.status() ?? [];
  }

  /** What was found so far. */
  get counts(): Readonly<Record<DifferenceKind, number>> {
    return this.#counts;
  }

  /** What was found so far, by rule and table. */
  get tables(): readonly TableCounts[] {
    return this.#comparison?.counts ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  /** Looks up the tables and their keys. A table without a key is not compared. */
  async #describe(loads: readonly TableLoad[]): Promise<void> {
    const byName = new Map(this.#options.rules.map((rule) => [rule.config.name, rule]));
    for (const load of loads) {
      const name = tableName(load);
      try {
        const table = await this.#judge.withReader((reader) =>
          reader.describe(load.database, load.table),
        );
        if (table === null) {
          this.#failures.set(name, NO_TABLE);
          continue;
        }
        this.#tables.set(name, { table, load, rules: load.rules.map((rule) => byName.get(rule)!) });
      } catch (error) {
        if (!(error instanceof TailraceError) || !error.code.startsWith("SNAPSHOT_")) throw error;
        this.#failures.set(name, `${error.code}: ${error.message}`);
      }
    }
  }

  /** Resolves with whether all rows of the tables were walked over: not when it was stopped, or a table could not be read to its end. */
  async #walk(
    destination: ChunkDestination,
    tables: readonly VerifiedTable[],
    { sample }: { readonly sample?: number | undefined } = {},
  ): Promise<boolean> {
    const { openReader, connections, chunkBytes, maxRowsPerSecond, clock, logger, signal } =
      this.#options;
    const sizes = new Map<string, number>();
    const random = () => clock.random();
    await using runner = new LoadRunner({
      openReader:
        sample === undefined
          ? openReader
          : async () => new SamplingReader(await openReader(), { share: sample, sizes, random }),
      destination,
      journal: new MemoryJournal(),
      connections,
      chunkBytes,
      maxRowsPerSecond,
      clock,
      logger: walkLogger(logger),
      signal,
    });
    this.#runner = runner;
    await runner.start(tables.map(({ load }) => load));
    await runner.idle();
    let isWhole = !signal.aborted;
    for (const load of runner.status()) {
      if (load.state !== "failed" && !isGone(load)) continue;
      isWhole = false;
      this.#failures.set(tableName(load), load.error ?? NO_TABLE);
    }
    return isWhole;
  }

  async #note(judged: readonly Judged[]): Promise<void> {
    const real = judged.flatMap(({ candidate, verdict }) =>
      isDifference(verdict) ? [{ candidate, verdict }] : [],
    );
    const repairs = (await this.#repairer?.repair(real)) ?? [];
    for (const [n, { candidate, verdict }] of real.entries()) {
      const repair = repairs[n];
      this.#count(candidate, verdict.kind);
      this.#counts[verdict.kind] += 1;
      if (repair === "written" || repair === "deleted") this.#repaired += 1;
      if (this.#differences.length < this.#options.maxDifferences)
        this.#differences.push({ ...this.#describeDifference(candidate, verdict), repair });
    }
    for (const { candidate, verdict } of judged)
      if (verdict.kind === "unsettled") this.#count(candidate, "unsettled");
  }

  #count(candidate: Candidate, kind: DifferenceKind | "unsettled"): void {
    const { key, makers, index } = candidate;
    const [maker] = makers;
    if (key === null || maker === undefined) {
      const counts = this.#extra.get(index) ?? { extra: 0, unsettled: 0 };
      this.#extra.set(index, counts);
      counts[kind === "unsettled" ? "unsettled" : "extra"] += 1;
      return;
    }
    // of a row that has gone meanwhile the document is left over: it is one that is there and should not be
    const counted = kind === "extra" ? "different" : kind;
    this.#comparison!.countsOf(maker.rule, tableName(maker.table.schema))[counted] += 1;
  }

  #describeDifference(candidate: Candidate, { kind, fields }: ConfirmedDifference): Difference {
    const { index, id, routing, key, makers } = candidate;
    const [maker] = makers;
    const isOfRow = key !== null && maker !== undefined;
    return {
      kind,
      index,
      id,
      routing,
      fields,
      key,
      rules: isOfRow ? [maker.rule] : this.#writersOf(index).map(({ config }) => config.name),
      table: isOfRow ? tableName(maker.table.schema) : null,
    };
  }

  async #search(comparison: Comparison, places: PlaceSet): Promise<Map<string, number>> {
    this.#indices = await this.#readIndices(comparison.indices);
    const searched = this.#indices.filter((index) => this.#whyNotSearched(index) === null);
    if (searched.length === 0 || this.#options.signal.aborted) return new Map();
    const tables = [...this.#tables.values()];
    const counts = await findExtras({
      indices: searched,
      tables,
      places,
      misrouted: comparison.misrouted,
      encoders: this.#encoders,
      settling: this.#settling,
      channel: this.#http.channel(),
      judge: this.#judge,
      walk: (destination) => this.#walk(destination, tables),
      readEnd: () => this.#readEnd(tables[0]!.table),
      onJudged: (judged) => this.#note(judged),
      signal: this.#options.signal,
    });
    return new Map(counts);
  }

  /** Where the log ends, as a chunk without rows tells it. */
  #readEnd(table: ChunkTable): Promise<LogPlace> {
    return this.#judge.withReader(
      async (reader) => (await reader.read(table, { kind: "keys", keys: [] })).high,
    );
  }

  #readIndices(seen: Iterable<string>): Promise<readonly WrittenIndex[]> {
    const { client, rules, pipeline } = this.#options;
    return readWrittenIndices(client, rules, { seen, pipeline });
  }

  /** Why no documents without rows are looked for in an index; null = they are. */
  #whyNotSearched({ rules }: WrittenIndex): string | null {
    const { complete, sample } = this.#options;
    if (sample !== undefined) return "a sample was compared";
    const upsert = rules.find(({ config }) => config.upsert);
    if (upsert !== undefined)
      return `its documents have other owners, too (upsert of rule ${upsert.config.name})`;
    const other = rules.find((rule) => !complete.includes(rule));
    if (other !== undefined) return `not all rows of rule ${other.config.name} were compared`;
    // dropped, renamed, or no longer to be seen by this account: no reason to take its documents for left over
    const gone = rules.find((rule) => !this.#hasTable(rule));
    if (gone !== undefined)
      return `rule ${gone.config.name} takes no table that is there and may be read`;
    const failed = this.#comparison!.counts.find(
      (counts) =>
        (counts.failed > 0 || this.#failures.has(counts.table)) &&
        rules.some(({ config }) => config.name === counts.rule),
    );
    if (failed !== undefined)
      return `not all rows of ${failed.table} have become documents by rule ${failed.rule}`;
    return this.#failures.size > 0 ? "tables could not be read" : null;
  }

  #hasTable(rule: LoadedRule): boolean {
    return [...this.#tables.values()].some(({ rules }) => rules.includes(rule));
  }

  #writersOf(index: string): readonly LoadedRule[] {
    return this.#options.rules.filter(({ rule }) => matchesIndex(indexPattern(rule.index), index));
  }

  #mayDelete(index: string): boolean {
    return this.#indices.some(({ name, isOwn }) => name === index && isOwn);
  }

  #result(searched: ReadonlyMap<string, number>): VerifyResult {
    const tables = this.#comparison!.counts;
    const indices = this.#indices.map((index): IndexCounts => {
      const { name, rules } = index;
      const reason = searched.has(name) ? null : this.#whyNotSearched(index);
      return {
        index: name,
        rules: rules.map(({ config }) => config.name),
        documents: searched.get(name) ?? null,
        extra: this.#extra.get(name)?.extra ?? 0,
        unsettled: this.#extra.get(name)?.unsettled ?? 0,
        ...(reason !== null && { reason }),
      };
    });
    const unsettled =
      tables.reduce((sum, each) => sum + each.unsettled, 0) +
      indices.reduce((sum, each) => sum + each.unsettled, 0);
    return {
      tables,
      indices,
      differences: this.#differences,
      counts: this.#counts,
      unsettled,
      repaired: this.#repaired,
      failures: [...this.#failures].map(([table, error]) => ({ table, error })),
      stuckAt: this.#settling.stuckAt,
    };
  }
}

/** Was the table dropped, or renamed, since it was described? That no more of its rows were seen says nothing then. */
function isGone({ state, key, after, upTo }: TableLoad): boolean {
  if (state !== "done") return false;
  return key === null || upTo?.join() !== after?.join();
}

function isDifference(verdict: Verdict): verdict is ConfirmedDifference {
  return verdict.kind !== "agrees" && verdict.kind !== "unsettled";
}

/** What walking tells is told to those who look for details: nothing is loaded, and where comparing has no end every pass begins and ends a walk. */
function walkLogger(logger: Logger): Logger {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.debug(fields, message.replace("a load", "a walk over rows")),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message.replace("a load", "a walk over rows")),
  };
}
