import type { Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import { reasonOf, type JsonClient } from "../../core/json-client.ts";
import { namesByRequest } from "../../sink/index-meta.ts";

/** How long an answer counts. */
const KNOWN_MS = 30_000;
/** Elasticsearch's own, of an index that somebody else creates. */
const DEFAULT_MS = 60_000;

/** Knows how long indices remember the versions of deleted documents. */
export class GcDeletes {
  readonly #client: JsonClient;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly atMs: number; readonly ms: number }>();

  constructor(client: JsonClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * The shortest `index.gc_deletes` of the indices, ms; `*` in a name stands for anything, and those that do not exist are passed over. Where there is none at all: 60 s.
   * Throws BULK_*.
   */
  async shortest(indices: readonly string[]): Promise<number> {
    const key = JSON.stringify(indices);
    const known = this.#known.get(key);
    const now = this.#clock.now();
    if (known !== undefined && now - known.atMs < KNOWN_MS) return known.ms;
    const all: number[] = [];
    for (const names of namesByRequest(indices)) all.push(...(await this.#read(names)));
    const ms = all.length === 0 ? DEFAULT_MS : Math.min(...all);
    if (all.length > 0) this.#known.set(key, { atMs: now, ms });
    return ms;
  }

  async #read(names: string): Promise<number[]> {
    const answer = await this.#client.request(
      "GET",
      `/${names}/_settings?include_defaults=true&ignore_unavailable=true&allow_no_indices=true&filter_path=*.*.index.gc_deletes`,
    );
    if (answer.status === 404) return [];
    if (answer.status !== 200)
      throw new TailraceError(
        "BULK_UNREACHABLE",
        `reading index.gc_deletes: HTTP ${answer.status}${reasonOf(answer.body)}`,
      );
    return Object.values((answer.body ?? {}) as Record<string, IndexSettings>).map(
      ({ settings, defaults }) =>
        parseTimeValue(settings?.index?.gc_deletes ?? defaults?.index?.gc_deletes ?? ""),
    );
  }
}

interface IndexSettings {
  readonly settings?: Group;
  readonly defaults?: Group;
}

interface Group {
  readonly index?: { readonly gc_deletes?: string };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  nanos: 1e-6,
  micros: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration of Elasticsearch's (`90s`), ms; 60 s for one that is none, 0 for negative ones. */
export function parseTimeValue(text: string): number {
  const [, number, unit] = /^(-?\d+(?:\.\d+)?)([a-z]*)$/.exec(text) ?? [];
  if (number === undefined) return DEFAULT_MS;
  return Math.max(0, Number(number) * (UNIT_MS[unit ?? ""] ?? 0));
}
