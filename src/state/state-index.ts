import { reasonOf, type JsonAnswer, type JsonClient } from "../core/json-client.ts";
import { TailraceError } from "../core/errors.ts";

/** A document as the index holds it, with what a condition on it needs. */
export interface StoredDocument<Source> {
  readonly _seq_no: number;
  readonly _primary_term: number;
  readonly _source: Source;
}

/** Where a document of a pipeline's state is. */
export interface StateDocumentOptions {
  /** Stays the caller's. */
  readonly client: JsonClient;
  readonly index: string;
  readonly id: string;
}

const MAPPINGS = {
  dynamic: false,
  properties: {
    pipeline: { type: "keyword" },
    saved_at: { type: "date" },
    owner: { type: "keyword" },
    checkpoint: { type: "object", enabled: false },
    sync: { type: "object", enabled: false },
    rebuild: { type: "object", enabled: false },
  },
};

/** The condition of a write that nobody has written before it. */
export const FIRST = "op_type=create";

/** The query that states which version of the document a write replaces. */
export function conditionOf(
  stored: Pick<StoredDocument<unknown>, "_seq_no" | "_primary_term"> | null,
): string {
  if (stored === null) return FIRST;
  return `if_seq_no=${stored._seq_no}&if_primary_term=${stored._primary_term}`;
}

/** One document of the index in which pipelines keep their state; each write states which version of it is replaced. */
export class StateDocument<Source> {
  /** For messages. */
  readonly place: string;
  readonly #client: JsonClient;
  readonly #indexPath: string;
  readonly #path: string;
  readonly #index: string;

  constructor({ client, index, id }: StateDocumentOptions) {
    this.#client = client;
    this.#index = index;
    this.#indexPath = `/${encodeURIComponent(index)}`;
    this.#path = `${this.#indexPath}/_doc/${encodeURIComponent(id)}`;
    this.place = `document ${id} of index ${index}`;
  }

  /** The document as it is now, or null. Throws STATE_UNREADABLE, BULK_*. */
  async read(): Promise<StoredDocument<Source> | null> {
    const answer = await this.#client.request("GET", this.#path);
    if (answer.status === 200) return answer.body as StoredDocument<Source>;
    if (answer.status === 404) return null;
    const why = `HTTP ${answer.status}${reasonOf(answer.body)}`;
    throw new TailraceError("STATE_UNREADABLE", `${this.place}: ${why}`);
  }

  /** Writes it under a condition, creating the index before the first. An answer of status 409 means that the condition does not hold; any other is the caller's to judge. Throws BULK_*. */
  async write(source: Source, condition: string): Promise<JsonAnswer> {
    if (condition === FIRST) await this.#createIndex();
    return this.#client.request("PUT", `${this.#path}?${condition}`, source);
  }

  /** Removes it; one that is not there is removed. Throws STATE_UNWRITABLE, BULK_*. */
  async remove(): Promise<void> {
    const answer = await this.#client.request("DELETE", this.#path);
    if (answer.status < 300 || answer.status === 404) return;
    const why = `HTTP ${answer.status}${reasonOf(answer.body)}`;
    throw new TailraceError("STATE_UNWRITABLE", `${this.place}: ${why}`);
  }

  async #createIndex(): Promise<void> {
    const answer = await this.#client.request("PUT", this.#indexPath, {
      settings: { "index.number_of_shards": 1, "index.auto_expand_replicas": "0-1" },
      mappings: MAPPINGS,
    });
    const reason = reasonOf(answer.body);
    if (answer.status < 300 || reason.includes("resource_already_exists_exception")) return;
    throw new Error(`index ${this.#index}: HTTP ${answer.status}${reason}`);
  }
}
