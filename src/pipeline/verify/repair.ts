/**
 * Writes the documents that differ, and only those.
 *
 * First the normal way: the rows are read again between watermarks and written with the version of the low one, as a load does. A write or delete by hand takes the next version of the
 * document, so it may stand a little above the log's: the version is put up to 16 above the watermark. Two events are at least 19 bytes apart (a header), so that is still below every later one.
 *
 * What is left has a version far above (somebody chose it), or none (upsert), or is a document without row. It is written with the version that it has, or on the condition that it is in
 * the state in which it was seen: first the state is seen, then the row is read, so whatever the stream wrote since is not overwritten.
 */
import type { LogPlace } from "../../core/checkpoint.ts";
import type { Clock } from "../../core/clock.ts";
import type { ChunkReader } from "../../core/load.ts";
import { tableName } from "../../core/schema.ts";
import { versionOf } from "../../core/version.ts";
import { readLogPlace } from "../../mysql/server.ts";
import type { HttpChannel } from "../../sink/client.ts";
import type { DocumentWriter } from "../load/document-writer.ts";
import { VersionDestination } from "../load/version-destination.ts";
import type { Candidate } from "./candidate.ts";
import {
  type ConfirmedDifference,
  type ExpectedRows,
  expectedOf,
  readExpected,
} from "./confirm.ts";
import { type DocumentState, isSameState, stateOf } from "./difference.ts";
import { fetchPlaces } from "./fetch-documents.ts";
import type { Judge } from "./judge.ts";
import { type RepairAction, sendRepairs } from "./repair-lines.ts";
import type { Settling } from "./settling.ts";
import type { DocumentEncoders } from "./table-documents.ts";

/** What repairing takes. */
export interface RepairOptions {
  readonly writer: DocumentWriter;
  readonly channel: HttpChannel;
  readonly encoders: DocumentEncoders;
  readonly settling: Settling;
  readonly judge: Judge;
  /** May documents without rows be deleted from this index? */
  readonly mayDelete: (index: string) => boolean;
  readonly clock: Clock;
}

/** A difference to be repaired. */
export interface Damage {
  readonly candidate: Candidate;
  readonly verdict: ConfirmedDifference;
}

/** What was done about a difference. `left`: nothing, or it still differs. */
export type RepairResult = "written" | "deleted" | "left";

/** Positions above the low watermark that belong to no event. */
const ABOVE_LOW = 16;
/** How often what was refused is tried again with what the refusal tells. */
const MAX_TRIES = 3;

/** Repairs what was confirmed and makes sure of it. */
export class Repairer {
  readonly #options: RepairOptions;
  readonly #versions: VersionDestination;

  constructor(options: RepairOptions) {
    this.#options = options;
    const { writer, clock } = options;
    this.#versions = new VersionDestination({ writer, clock });
  }

  /** Repairs damages; resolves with what was done about each. Throws as loading does. */
  async repair(damages: readonly Damage[]): Promise<readonly RepairResult[]> {
    const results: RepairResult[] = damages.map(() => "left");
    const open = new Map(
      damages.flatMap((damage, n) => (this.#isTaken(damage) ? [[n, damage] as const] : [])),
    );
    const written = [...open.values()].filter((damage) => this.#isLoadable(damage));
    if (written.length > 0) {
      await this.#options.judge.withReader((reader) => this.#load(written, reader));
      await this.#settle(open, results);
    }
    for (let tries = 0; tries < MAX_TRIES && open.size > 0; tries++) {
      const raised = await this.#options.judge.withReader((reader) =>
        this.#force([...open.values()], reader),
      );
      await this.#settle(open, results, raised);
    }
    return results;
  }

  #isTaken({ candidate, verdict }: Damage): boolean {
    return verdict.kind !== "extra" || this.#options.mayDelete(candidate.index);
  }

  #isLoadable({ candidate, verdict }: Damage): boolean {
    return verdict.kind !== "extra" && !this.#isUnversioned(candidate);
  }

  #isUnversioned({ makers, index }: Candidate): boolean {
    const { rules } = this.#options.writer.rules;
    const names = new Set(makers.map(({ rule }) => rule));
    return rules.some(
      ({ config }) => config.upsert && (names.has(config.name) || config.index === index),
    );
  }

  /** Writes rows as a load does. */
  async #load(damages: readonly Damage[], reader: ChunkReader): Promise<void> {
    const { writer } = this.#options;
    const makers = damages.flatMap(({ candidate }) => candidate.makers);
    for (const [table, ofTable] of Map.groupBy(makers, (maker) => maker.table))
      for (const [rule, ofRule] of Map.groupBy(ofTable, (maker) => maker.rule)) {
        const inTime = this.#versions.deadline([rule], tableName(table.schema));
        const keys = ofRule.map(({ key }) => key);
        const { table: version, buffers, low } = await reader.read(table, { kind: "keys", keys });
        const raised = above(low);
        await inTime(() => writer.write({ table: version, rules: [rule], buffers, low: raised }));
      }
  }

  /** Judges again what is open; what agrees by now was repaired. What does not is left with the state in which it is. */
  async #settle(
    open: Map<number, Damage>,
    results: RepairResult[],
    raised: ReadonlyMap<Candidate, bigint> = new Map(),
  ): Promise<void> {
    const entries = [...open];
    const held = await fetchPlaces(
      this.#options.channel,
      entries.map(([, { candidate }]) => candidate),
    );
    const again = entries.map(([, { candidate, verdict }], n) => ({
      ...candidate,
      // that no row has it was made sure of: one that comes writes it, and its state is another then
      isNamed: candidate.isNamed || verdict.kind === "extra",
      seen: stateOf(held[n]!),
      low: null,
    }));
    const verdicts = await this.#options.judge.judge(again);
    for (const [i, [n, { candidate, verdict: before }]] of entries.entries()) {
      const verdict = verdicts[i]!;
      if (verdict.kind === "agrees") {
        results[n] = before.kind === "extra" ? "deleted" : "written";
        open.delete(n);
      } else if (verdict.kind === "unsettled") open.delete(n);
      else open.set(n, { candidate, verdict: withVersion(verdict, raised.get(candidate)) });
    }
  }

  /** Writes or deletes with the version that the document has; resolves with the higher ones that refusals told of. */
  async #force(
    damages: readonly Damage[],
    reader: ChunkReader,
  ): Promise<ReadonlyMap<Candidate, bigint>> {
    const { channel, settling } = this.#options;
    const end = await this.#readEnd();
    const candidates = damages.map(({ candidate }) => candidate);
    if (!(await settling.wait(end))) return new Map();
    const held = await fetchPlaces(channel, candidates);
    const rows = await readExpected(candidates, { reader, encoders: this.#options.encoders });
    const actions = damages.flatMap(({ candidate, verdict }, n) => {
      const state = stateOf(held[n]!);
      // something was written to it since: that is judged first
      if (!isSameState(state, verdict.state)) return [];
      const action = this.#actionOf(candidate, { state, verdict, rows, end });
      return action === null ? [] : [{ candidate, action }];
    });
    const outcomes = await sendRepairs(
      channel,
      actions.map(({ action }) => action),
    );
    const raised = new Map<Candidate, bigint>();
    for (const [n, outcome] of outcomes.entries())
      if (outcome.kind === "newer" && outcome.version !== null)
        raised.set(actions[n]!.candidate, outcome.version);
    return raised;
  }

  #actionOf(
    candidate: Candidate,
    now: {
      readonly state: DocumentState | null;
      readonly verdict: ConfirmedDifference;
      readonly rows: ExpectedRows;
      readonly end: LogPlace;
    },
  ): RepairAction | null {
    const { state, verdict, rows, end } = now;
    const expected = expectedOf(candidate, rows);
    const isExtra = verdict.kind === "extra";
    if (isExtra !== (expected === null)) return null;
    const { index, id, routing } = candidate;
    const document = expected?.document ?? null;
    const [rule] = candidate.makers.map((maker) => maker.rule);
    const { rules } = this.#options.writer.rules;
    const pipeline = rules.find(({ config }) => config.name === rule)?.config.pipeline;
    const place = { index, id, routing, document, target: { pipeline } };
    if (this.#isUnversioned(candidate)) return { ...place, kind: "conditional", state };
    const lowest = this.#versionOf(above(end));
    const known = verdict.tombstone ?? state?.version ?? 0n;
    return { ...place, kind: "versioned", version: known > lowest ? known : lowest };
  }

  #versionOf(place: LogPlace): bigint {
    const { high, low } = versionOf(this.#options.writer.epoch.epoch, place);
    return (BigInt(high) << 32n) | BigInt(low);
  }

  #readEnd(): Promise<LogPlace> {
    return this.#options.writer.queries.run(readLogPlace);
  }
}

function above({ file, position }: LogPlace): LogPlace {
  return { file, position: position + ABOVE_LOW };
}

function withVersion(
  verdict: ConfirmedDifference,
  tombstone: bigint | undefined,
): ConfirmedDifference {
  return tombstone === undefined ? verdict : { ...verdict, tombstone };
}
