import {
  type ActionWriter,
  type DocumentSlot,
  ID_SCRATCH_BYTES,
  type Target,
} from "../../src/core/action-writer.ts";

/** A document action as a value. */
export interface CollectedAction {
  /** `amend` writes fields into a document that exists. */
  readonly kind: "index" | "amend" | "delete";
  readonly target: Target;
  readonly id: string;
  /** Null = none. */
  readonly routing: string | null;
  readonly version: bigint;
  /** The document's JSON text; null with `delete`. */
  readonly document: string | null;
}

/** An {@link ActionWriter} that keeps what it is given, for looking at; it has room always. Throws when a document is larger than its bound. */
export class ActionCollector implements ActionWriter {
  readonly id = Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES);
  readonly routing = Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES);
  routingLength = 0;
  readonly actions: CollectedAction[] = [];
  #target: Target | null = null;
  #version = 0n;
  #open: Pick<CollectedAction, "kind" | "id"> = { kind: "index", id: "" };

  begin(target: Target | null, versionHigh: number, versionLow: number): void {
    this.#target = target;
    this.#version = (BigInt(versionHigh >>> 0) << 32n) | BigInt(versionLow >>> 0);
    this.routingLength = 0;
  }

  aim(target: Target): void {
    this.#target = target;
  }

  index(idLength: number, bound: number): DocumentSlot {
    return this.#openSlot("index", idLength, bound);
  }

  amend(idLength: number, bound: number): DocumentSlot {
    return this.#openSlot("amend", idLength, bound);
  }

  finish(slot: DocumentSlot, end: number): void {
    if (end > slot.bytes.length)
      throw new RangeError(`a document of ${end} bytes had a bound of ${slot.bytes.length}`);
    this.#add({ ...this.#open, document: slot.bytes.toString("utf8", 0, end) });
  }

  delete(idLength: number): boolean {
    this.#add({ kind: "delete", id: unescape(this.id, idLength), document: null });
    return true;
  }

  #openSlot(kind: "index" | "amend", idLength: number, bound: number): DocumentSlot {
    this.#open = { kind, id: unescape(this.id, idLength) };
    return { bytes: Buffer.alloc(bound), length: 0 };
  }

  #add(action: Pick<CollectedAction, "kind" | "id" | "document">): void {
    const routing = this.routingLength === 0 ? null : unescape(this.routing, this.routingLength);
    this.actions.push({ ...action, target: this.#target!, routing, version: this.#version });
  }
}

function unescape(bytes: Buffer, length: number): string {
  return JSON.parse(`"${bytes.toString("utf8", 0, length)}"`) as string;
}
