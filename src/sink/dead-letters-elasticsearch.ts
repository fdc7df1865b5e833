import { createHash } from "node:crypto";
import type { DeadLetter, DeadLetterStore } from "../core/dead-letter.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import { reasonOf, type JsonClient } from "../core/json-client.ts";

/** Where dead letters are kept in a cluster. */
export interface DeadLetterIndexOptions {
  /** Stays the caller's: the store does not close it. */
  readonly client: JsonClient;
  readonly index: string;
}

/** Letters in one request. */
const CHUNK = 500;

const KEYWORD = { type: "keyword", ignore_above: 1024 };
const UNPARSED = { type: "object", enabled: false };
const MAPPINGS = {
  dynamic: false,
  properties: {
    at: { type: "date" },
    pipeline: KEYWORD,
    kind: KEYWORD,
    code: KEYWORD,
    error: UNPARSED,
    index: KEYWORD,
    id: KEYWORD,
    operation: KEYWORD,
    version: KEYWORD,
    document: UNPARSED,
    database: KEYWORD,
    table: KEYWORD,
    file: KEYWORD,
    position: { type: "long" },
    topic: KEYWORD,
    partition: { type: "integer" },
    offset: { type: "long" },
    key: KEYWORD,
    value: { type: "keyword", index: false, doc_values: false },
  },
};

/** How much of a letter is stored: all, its document as a text (whatever made it unfit for an index), or all but its document, or the record's value. */
type Form = "whole" | "text" | "bare";
const NEXT_FORM: Readonly<Record<Form, Form | null>> = { whole: "text", text: "bare", bare: null };

/**
 * Dead letters as documents of an index, created on first use. A letter's id is made of what it is about, so storing it again after a
 * lost answer or a replay does not double it. What the index refuses for its document is stored with less of it rather than not at all.
 */
export function openDeadLetterIndex(options: DeadLetterIndexOptions): DeadLetterStore {
  return new DeadLetterIndex(options);
}

class DeadLetterIndex implements DeadLetterStore {
  readonly #client: JsonClient;
  readonly #path: string;
  readonly #index: string;
  #isCreated = false;

  constructor({ client, index }: DeadLetterIndexOptions) {
    this.#client = client;
    this.#index = index;
    this.#path = `/${encodeURIComponent(index)}`;
  }

  async store(letters: readonly DeadLetter[]): Promise<void> {
    try {
      if (!this.#isCreated) await this.#create();
      for (let i = 0; i < letters.length; i += CHUNK) {
        await this.#send(letters.slice(i, i + CHUNK), "whole");
      }
    } catch (error) {
      if (error instanceof TailraceError && error.disposition === "fatal") throw error;
      const { message } = asTailraceError(error);
      throw new TailraceError("STATE_DEAD_LETTERS_UNWRITABLE", message, { cause: error });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #create(): Promise<void> {
    const answer = await this.#client.request("PUT", this.#path, {
      settings: { "index.number_of_shards": 1, "index.auto_expand_replicas": "0-1" },
      mappings: MAPPINGS,
    });
    const reason = reasonOf(answer.body);
    if (answer.status >= 300 && !reason.includes("resource_already_exists_exception")) {
      throw this.#failure(`HTTP ${answer.status}${reason}`);
    }
    this.#isCreated = true;
  }

  async #send(letters: readonly DeadLetter[], form: Form): Promise<void> {
    if (letters.length === 0) return;
    const lines = letters.flatMap((letter) => [
      JSON.stringify({ index: { _id: idOf(letter) } }),
      JSON.stringify(inForm(letter, form)),
    ]);
    const answer = await this.#client.request(
      "POST",
      `${this.#path}/_bulk?filter_path=errors,items.*.status,items.*.error`,
      `${lines.join("\n")}\n`,
    );
    if (answer.status === 413) return this.#divide(letters, form);
    const { errors, items } = (answer.body ?? {}) as BulkBody;
    if (answer.status !== 200) throw this.#failure(`HTTP ${answer.status}${reasonOf(answer.body)}`);
    if (errors === false) return;
    const refused: DeadLetter[] = [];
    for (const [i, letter] of letters.entries()) {
      const status = items?.[i]?.index?.status;
      if (status === 200 || status === 201) continue;
      if (status !== 400) throw this.#failure(`HTTP ${status} for a letter`);
      refused.push(letter);
    }
    await this.#degrade(refused, form);
  }

  async #divide(letters: readonly DeadLetter[], form: Form): Promise<void> {
    if (letters.length === 1) return this.#degrade(letters, form === "whole" ? "text" : form);
    const middle = letters.length >> 1;
    await this.#send(letters.slice(0, middle), form);
    await this.#send(letters.slice(middle), form);
  }

  async #degrade(letters: readonly DeadLetter[], form: Form): Promise<void> {
    const next = NEXT_FORM[form];
    if (letters.length > 0 && next === null) throw this.#failure("a letter is refused");
    await this.#send(letters, next ?? form);
  }

  #failure(why: string): Error {
    return new Error(`index ${this.#index}: ${why}`);
  }
}

interface BulkBody {
  readonly errors?: unknown;
  readonly items?: readonly ({ readonly index?: { readonly status?: number } } | undefined)[];
}

function inForm(letter: DeadLetter, form: Form): unknown {
  const { document, value, ...rest } = letter;
  if (form === "whole" || (form === "text" && document === undefined)) return letter;
  const text = document === undefined ? undefined : JSON.stringify(document);
  if (form === "text") return { ...letter, document: text };
  return {
    ...rest,
    ...(text !== undefined && { document_bytes: Buffer.byteLength(text) }),
    ...(typeof value === "string" && { value_bytes: Buffer.byteLength(value) }),
  };
}

/** The same letter has the same id whenever it is stored. Upserts have no version: there the document tells two letters apart. */
function idOf(letter: DeadLetter): string {
  const { pipeline, kind, code, index, id, operation, version } = letter;
  const { database, table, file, position, topic, partition, offset } = letter;
  const document = version === undefined ? letter.document : undefined;
  const record = topic === undefined ? [] : [topic, partition, offset];
  const about = [pipeline, kind, code, index, id, operation, version, document];
  return createHash("sha256")
    .update(JSON.stringify([...about, database, table, file, position, ...record]))
    .digest("base64url");
}
