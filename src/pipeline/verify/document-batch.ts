import {
  type ActionWriter,
  type DocumentSlot,
  ID_SCRATCH_BYTES,
  MAX_ID_BYTES,
  type Target,
} from "../../core/action-writer.ts";
import { TailraceError } from "../../core/errors.ts";
import { shortenedId } from "../../sink/document-id.ts";

const INITIAL_BYTES = 256 * 1024;

/**
 * The documents that rules make of rows, as the bytes that the sink would write, one behind the other: id, routing (both as the content of a JSON string) and document of each.
 * Takes actions as the sink does, and has room always.
 */
export class DocumentBatch implements ActionWriter, DocumentSlot {
  readonly id = Buffer.alloc(ID_SCRATCH_BYTES);
  readonly routing = Buffer.alloc(ID_SCRATCH_BYTES);
  routingLength = 0;
  bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  /** Where the document at hand goes. */
  length = 0;
  readonly #targets: Target[] = [];
  /** Of each document where its id, its routing and the document itself begin, and where it ends. */
  readonly #places: number[] = [];
  #target: Target | null = null;
  #start = 0;
  #routingStart = 0;
  #end = 0;
  #isNameless = false;
  #nameless = 0;

  /** How many documents it has. */
  get count(): number {
    return this.#targets.length;
  }

  /** Documents that were left out since it was made: an index takes none whose id is empty. */
  get nameless(): number {
    return this.#nameless;
  }

  /** Empties it. */
  reset(): void {
    this.#targets.length = 0;
    this.#places.length = 0;
    this.#end = 0;
  }

  begin(target: Target | null): void {
    this.#target = target;
    this.routingLength = 0;
  }

  aim(target: Target): void {
    this.#target = target;
  }

  index(idLength: number, bound: number): DocumentSlot {
    this.#isNameless = idLength === 0;
    const id = idLength > MAX_ID_BYTES ? this.#shortened(idLength) : null;
    const needed = this.#end + idLength + this.routingLength + bound + ID_SCRATCH_BYTES;
    if (needed > this.bytes.length) this.#grow(needed);
    this.#start = this.#end;
    this.#routingStart =
      this.#start +
      (id === null
        ? this.id.copy(this.bytes, this.#start, 0, idLength)
        : this.bytes.write(id, this.#start, "latin1"));
    this.length =
      this.#routingStart + this.routing.copy(this.bytes, this.#routingStart, 0, this.routingLength);
    return this;
  }

  amend(): never {
    throw new TailraceError("INVARIANT_BROKEN", "An insert takes no fields back.");
  }

  finish(_slot: DocumentSlot, end: number): void {
    if (this.#isNameless) {
      this.#nameless += 1;
      return;
    }
    this.#targets.push(this.#target!);
    this.#places.push(this.#start, this.#routingStart, this.length, end);
    this.#end = end;
  }

  delete(): never {
    throw new TailraceError("INVARIANT_BROKEN", "An insert deletes nothing.");
  }

  targetOf(n: number): Target {
    return this.#targets[n]!;
  }

  /** The id as the content of a JSON string, a view. */
  idOf(n: number): Buffer {
    return this.bytes.subarray(this.#places[4 * n], this.#places[4 * n + 1]);
  }

  /** The routing value in the same form, empty where there is none. */
  routingOf(n: number): Buffer {
    return this.bytes.subarray(this.#places[4 * n + 1], this.#places[4 * n + 2]);
  }

  /** The id's UTF-8; valid until the batch is reset. */
  plainIdOf(n: number): Buffer {
    return plain(this.idOf(n));
  }

  /** As {@link plainIdOf}. */
  plainRoutingOf(n: number): Buffer {
    return plain(this.routingOf(n));
  }

  /** The document's JSON, a view. */
  documentOf(n: number): Buffer {
    return this.bytes.subarray(this.#places[4 * n + 2], this.#places[4 * n + 3]);
  }

  /** Where the document is to be, as texts. */
  placeOf(n: number): DocumentPlace {
    const routing = textOf(this.routingOf(n));
    return {
      index: this.targetOf(n).index,
      id: textOf(this.idOf(n)),
      routing: routing === "" ? null : routing,
    };
  }

  #shortened(idLength: number): string | null {
    return shortenedId(this.id.toString("utf8", 0, idLength));
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.#end);
    this.bytes = larger;
  }
}

/** Where a document is. */
export interface DocumentPlace {
  readonly index: string;
  readonly id: string;
  readonly routing: string | null;
}

/** A document's place as one text: no two places have the same. */
export function placeKey({ index, id, routing }: DocumentPlace): string {
  return JSON.stringify(routing === null ? [index, id] : [index, id, routing]);
}

const BACKSLASH = 0x5c;

function plain(content: Buffer): Buffer {
  return content.includes(BACKSLASH) ? Buffer.from(textOf(content)) : content;
}

/** The text that the content of a JSON string stands for. */
function textOf(content: Buffer): string {
  const text = content.toString("utf8");
  return content.includes(BACKSLASH) ? (JSON.parse(`"${text}"`) as string) : text;
}
