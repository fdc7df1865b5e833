/** An action of a bulk request that Elasticsearch has taken: applied, or refused because a newer version is there. */
export interface AcceptedAction {
  readonly index: string;
  readonly id: string;
  readonly version: bigint;
  readonly isDelete: boolean;
  /** Applied; otherwise a newer version was there. */
  readonly isApplied: boolean;
}

interface Newest {
  version: bigint;
  isDelete: boolean;
  /** When it was noted, as {@link AcceptedActions.now} counts. */
  at: number;
  generation: number;
}

/**
 * The log of acknowledgements: of each document the newest version that Elasticsearch has answered for. Only what is in it may be below a committed
 * offset. Notes every answer before it is passed on.
 */
export class AcceptedActions {
  readonly #newest = new Map<string, Newest>();
  readonly #problems: string[] = [];
  #count = 0;
  #conflicts = 0;
  /** Grows when Elasticsearch may have forgotten deletions. */
  #generation = 0;

  /** How many answers were noted: a clock for {@link AcceptedActions.note}. */
  get now(): number {
    return this.#count;
  }

  /** How many of them were refused because a newer version was there. */
  get conflicts(): number {
    return this.#conflicts;
  }

  get documents(): number {
    return this.#newest.size;
  }

  /** Where the order of a document's versions was not kept, first ones only. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Elasticsearch is restarted: what it knows of deleted documents is in memory only, so a replay may show an older document for a while. */
  forgetDeletes(): void {
    this.#generation++;
  }

  /**
   * Notes an answer to a request that was sent at `sentAt`. A version that is applied although a newer one had been answered before the request was sent is
   * a problem: the document has gone back.
   */
  note({ index, id, version, isDelete, isApplied }: AcceptedAction, sentAt: number): void {
    const key = `${index}/${id}`;
    this.#count++;
    if (!isApplied) this.#conflicts++;
    const newest = this.#newest.get(key);
    if (newest !== undefined && version < newest.version) {
      const isForgotten = newest.isDelete && newest.generation !== this.#generation;
      if (isApplied && newest.at <= sentAt && !isForgotten && this.#problems.length < MOST_PROBLEMS)
        this.#problems.push(`${key} went back from version ${newest.version} to ${version}`);
      return;
    }
    const note = { version, isDelete, at: this.#count, generation: this.#generation };
    this.#newest.set(key, note);
  }

  /** Has the document's version, or a newer one, been answered for? */
  has(index: string, id: string, version: bigint): boolean {
    const newest = this.#newest.get(`${index}/${id}`);
    return newest !== undefined && newest.version >= version;
  }
}

const MOST_PROBLEMS = 10;
