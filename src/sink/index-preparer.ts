import { Backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import { reasonOf, type JsonAnswer } from "../core/json-client.ts";
import type { Logger } from "../core/logger.ts";
import type { TargetSpec } from "../core/sink.ts";
import { requestJson, type HttpChannel } from "./client.ts";
import type { IndexMeta } from "./index-meta.ts";
import { IndexWatch } from "./index-watch.ts";
import { accepts, findField, mappingOf, substitute, type Properties } from "./mapping.ts";

/** What preparing needs of the sink around it. */
export interface PreparerContext {
  readonly channel: HttpChannel;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Stored under `_meta.tailrace` of an index that we create. */
  readonly indexMeta: Readonly<Record<string, unknown>>;
  /** Why the sink waits now, or null when it does not. */
  onWaiting(why: string | null): void;
}

/** Deletes are remembered so long, for replays that arrive late. The default of 60 s is for indices without external versions. */
const GC_DELETES = "1h";
/** Elasticsearch's default for `index.mapping.total_fields.limit`. */
const DEFAULT_FIELD_LIMIT = 1000;

/**
 * Creates indices and extends their mappings. Knows what it has done, so asking again for the same fields is free. A server that is
 * busy or away is waited for.
 */
export class IndexPreparer {
  readonly #context: PreparerContext;
  readonly #ready = new Set<string>();
  /** What each index that we may create was prepared with, to create it again. */
  readonly #specs = new Map<string, TargetSpec[]>();

  readonly #watch: IndexWatch;

  constructor(context: PreparerContext) {
    this.#context = context;
    this.#watch = new IndexWatch(context.channel);
  }

  /** Resolves when the index can take the spec's documents, or when the sink is closed. Throws BULK_* with disposition fatal. */
  async prepare(spec: TargetSpec): Promise<void> {
    const { index } = spec.target;
    const wanted = mappingOf(spec.fields);
    const key = JSON.stringify([index, spec.create, wanted]);
    if (this.#ready.has(key)) return;
    await this.#persist(() => this.#ensure(spec, wanted));
    this.#ready.add(key);
    if (!spec.create) return;
    if (!this.#specs.has(index)) await this.#watch.look([index]);
    this.#specs.set(index, [...(this.#specs.get(index) ?? []), spec]);
  }

  /** Is there such an index? One that we have made ready is. While the server is away it is waited for; true when the sink is closed. Throws BULK_INDEX_UNUSABLE. */
  async exists(index: string): Promise<boolean> {
    if (this.#specs.has(index)) return true;
    let exists = true;
    await this.#persist(async () => {
      const answer = await this.#request("GET", `/${encodeURIComponent(index)}/_mapping`);
      exists = answer.status !== 404;
      if (exists && answer.status !== 200)
        throw unusable(index, "its mapping could not be read", answer);
    });
    return exists;
  }

  /** Creates an index again that has vanished; false when it was not prepared with `create`. */
  async recreate(index: string): Promise<boolean> {
    if (!this.#specs.has(index)) return false;
    this.#watch.forget(index);
    this.#context.logger.error(
      { index },
      "the index has vanished and is created again: what was in it is lost, reload its tables",
    );
    await this.#ensureAgain(index);
    return true;
  }

  /** Looks whether an index was replaced behind our back; says so and gives the new one its mapping as far as that is possible. */
  async lookAgain(): Promise<void> {
    for (const index of await this.#watch.look([...this.#specs.keys()])) {
      this.#context.logger.error(
        { index },
        "the index was deleted and created anew, not by us: what was in it is lost and its mapping may be guessed; delete it and reload its tables",
      );
      await this.#ensureAgain(index);
    }
  }

  async #ensureAgain(index: string): Promise<void> {
    for (const spec of this.#specs.get(index) ?? []) {
      await this.#persist(() => this.#ensure(spec, mappingOf(spec.fields)));
    }
    await this.#watch.look([index]);
  }

  /** Repeats a step while its failure is one that passes. */
  async #persist(step: () => Promise<void>): Promise<void> {
    const { clock, logger, signal } = this.#context;
    const backoff = new Backoff(clock);
    while (!signal.aborted) {
      try {
        await step();
        break;
      } catch (error) {
        const failure = asTailraceError(error);
        if (failure.disposition !== "retry") throw failure;
        if (signal.aborted) return;
        const delayMs = backoff.next();
        this.#context.onWaiting(`${failure.message}, try ${backoff.failures}`);
        logger.warn({ delayMs: Math.round(delayMs) }, failure.message);
        await clock.sleep(delayMs, signal);
      }
    }
    this.#context.onWaiting(null);
  }

  async #ensure(spec: TargetSpec, wanted: Properties, isSecondTry = false): Promise<void> {
    const { index } = spec.target;
    const path = `/${encodeURIComponent(index)}`;
    const existing = await this.#request("GET", `${path}/_mapping`);
    if (existing.status === 404) {
      if (!spec.create) throw missing(index);
      if (await this.#create(spec, wanted)) return;
      return this.#ensure(spec, wanted);
    }
    if (existing.status !== 200) throw unusable(index, "its mapping could not be read", existing);
    const mappings = Object.values(existing.body as Record<string, ExistingIndex>);
    if (spec.create) await this.#updateMeta(path, mappings);
    const properties = mappings.map((one) => one.mappings?.properties);
    const absent = Object.create(null) as Record<string, Properties[string]>;
    for (const [name, field] of Object.entries(wanted)) {
      const found = properties.map((one) => findField(one, name));
      if (found.includes(null)) absent[name] = field;
      for (const one of found) {
        if (one === null || accepts(one, field)) continue;
        this.#context.logger.warn(
          { index, field: name, existing: one.type, wanted: field.type },
          "an existing field may refuse values of its column; write to a new index to have it mapped anew",
        );
      }
    }
    const names = Object.keys(absent);
    if (names.length === 0) return;
    if (!spec.create) {
      this.#context.logger.warn(
        { index, fields: names },
        "the index has no mapping for these fields",
      );
      return;
    }
    const put = await this.#put(
      `${path}/_mapping`,
      absent,
      (fields) => ({ properties: fields }),
      index,
    );
    if (!put && !isSecondTry) return this.#ensure(spec, wanted, true);
    if (!put) {
      const what = `fields ${names.join(", ")} have another type in one of the indices behind it`;
      throw new TailraceError("BULK_INDEX_UNUSABLE", `index ${index}: ${what}`);
    }
    this.#context.logger.info({ index, fields: names }, "added fields to the mapping");
  }

  /** Keeps what we note in our own indices true: the epoch of the versions that come. */
  async #updateMeta(path: string, existing: readonly ExistingIndex[]): Promise<void> {
    const [meta] = existing.map((one) => one.mappings?._meta);
    const { indexMeta } = this.#context;
    if (meta?.tailrace === undefined || isSubset(indexMeta, meta.tailrace)) return;
    await this.#request("PUT", `${path}/_mapping`, { _meta: { ...meta, tailrace: indexMeta } });
  }

  /** True when the index was created, false when another was faster. */
  async #create(spec: TargetSpec, wanted: Properties): Promise<boolean> {
    const { index } = spec.target;
    const { indexMeta, logger } = this.#context;
    const fieldCount = 2 * Object.keys(wanted).length;
    const settings = {
      "index.gc_deletes": GC_DELETES,
      ...(fieldCount > DEFAULT_FIELD_LIMIT
        ? { "index.mapping.total_fields.limit": 2 * fieldCount }
        : {}),
    };
    const created = await this.#put(
      `/${encodeURIComponent(index)}`,
      wanted,
      (properties) => ({
        settings,
        mappings: { _meta: { tailrace: indexMeta }, dynamic: spec.dynamic, properties },
      }),
      index,
    );
    if (created) logger.info({ index, fields: Object.keys(wanted).length }, "created the index");
    return created;
  }

  /** Puts properties, with substitutes for types that the server does not know. False when another was faster: look again. */
  async #put(
    path: string,
    properties: Properties,
    toBody: (properties: Properties) => unknown,
    index: string,
  ): Promise<boolean> {
    let fields = properties;
    for (;;) {
      const answer = await this.#request("PUT", path, toBody(fields));
      if (answer.status < 300) return true;
      const reason = reasonOf(answer.body);
      if (FASTER.test(reason)) return false;
      const unknown = UNKNOWN_TYPE.exec(reason)?.[1];
      const substituted = unknown === undefined ? null : substitute(fields, unknown);
      if (substituted === null) throw unusable(index, `PUT ${path}`, answer);
      this.#context.logger.warn(
        { index, type: unknown },
        "the server does not know a field type; another is used",
      );
      fields = substituted;
    }
  }

  #request(method: "GET" | "PUT", path: string, body?: unknown): Promise<JsonAnswer> {
    return requestJson(this.#context.channel, method, path, body);
  }
}

interface ExistingIndex {
  readonly mappings?: { readonly properties?: unknown; readonly _meta?: IndexMeta };
}

function isSubset(
  part: Readonly<Record<string, unknown>>,
  whole: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(part).every(([key, value]) => whole[key] === value);
}

/** The index was created, or a field was mapped, between our look and our request. */
const FASTER = /resource_already_exists_exception|cannot be changed from type/;

/** Elasticsearch since 8, and before (OpenSearch too). */
const UNKNOWN_TYPE = /(?:The mapper type|No handler for type) \[([^\]]+)\]/;

function missing(index: string): TailraceError {
  return new TailraceError("BULK_INDEX_MISSING", `index ${index} does not exist`);
}

function unusable(index: string, what: string, answer: JsonAnswer): TailraceError {
  return new TailraceError(
    "BULK_INDEX_UNUSABLE",
    `index ${index}: ${what}: HTTP ${answer.status}${reasonOf(answer.body)}`,
  );
}
