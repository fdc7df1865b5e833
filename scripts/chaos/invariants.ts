import type { Checkpoint } from "../../src/core/checkpoint.ts";
import { comparePlaces } from "../support/log-end.ts";
import type { KeptState } from "./kept-state.ts";

/** What must hold whenever the pipeline is down: looked at before each start. */
export class Invariants {
  readonly #state: KeptState;
  readonly #elasticsearch: URL;
  readonly #documents: readonly { readonly _index: string; readonly _id: string }[];
  #last: Checkpoint | null = null;
  readonly #versions = new Map<string, bigint>();
  /** Grows when Elasticsearch may have forgotten deletions. */
  #generation = 0;
  #looks = 0;

  constructor(options: {
    readonly state: KeptState;
    readonly elasticsearch: URL;
    /** Documents whose versions are watched. */
    readonly documents: readonly { readonly _index: string; readonly _id: string }[];
  }) {
    this.#state = options.state;
    this.#elasticsearch = options.elasticsearch;
    this.#documents = options.documents;
  }

  /** How many versions of documents were compared with an earlier one. */
  get versionsCompared(): number {
    return this.#looks;
  }

  /** The last checkpoint seen. */
  get checkpoint(): Checkpoint | null {
    return this.#last;
  }

  /** Elasticsearch is restarted: what it knows of deleted documents is in memory only, so a replay may show an older document for a while. */
  forgetVersions(): void {
    this.#generation++;
    this.#versions.clear();
  }

  /** Throws when the checkpoint is older than the one before, or a document's version is. */
  async check(): Promise<void> {
    await this.#checkCheckpoint();
    await this.#checkVersions();
  }

  async #checkCheckpoint(): Promise<void> {
    const now = await this.#state.checkpoint();
    const before = this.#last;
    if (now === undefined) return;
    if (now === null) {
      if (before !== null) throw new Error("The checkpoint is gone");
      return;
    }
    if (before !== null && (now.epoch < before.epoch || comparePlaces(now, before) < 0))
      throw new Error(
        `The checkpoint moved backwards, from ${before.file}:${before.position} (epoch ${before.epoch}) to ${now.file}:${now.position} (epoch ${now.epoch})`,
      );
    this.#last = now;
  }

  async #checkVersions(): Promise<void> {
    const generation = this.#generation;
    const found = await this.#readVersions();
    if (found === null || generation !== this.#generation) return;
    for (const [key, version] of found) {
      const before = this.#versions.get(key);
      if (before !== undefined) {
        this.#looks++;
        if (version < before)
          throw new Error(`The version of ${key} went back from ${before} to ${version}`);
      }
      this.#versions.set(key, version);
    }
  }

  /** Versions of the watched documents that are there; null when Elasticsearch does not answer. */
  async #readVersions(): Promise<Map<string, bigint> | null> {
    try {
      const response = await fetch(new URL("_mget?_source=false", this.#elasticsearch), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ docs: this.#documents }),
        signal: AbortSignal.timeout(3_000),
      });
      if (!response.ok) return null;
      // Versions are beyond a double's digits.
      const text = (await response.text()).replaceAll(/"_version":(\d+)/g, '"_version":"$1"');
      const { docs } = JSON.parse(text) as {
        docs: { _index: string; _id: string; _version?: string }[];
      };
      return new Map(
        docs.flatMap(({ _index, _id, _version }) =>
          _version === undefined ? [] : [[`${_index}/${_id}`, BigInt(_version)] as const],
        ),
      );
    } catch {
      return null;
    }
  }
}
