import {
  type ActionWriter,
  type DocumentSlot,
  ID_SCRATCH_BYTES,
  MAX_ID_BYTES,
  type Target,
} from "../../core/action-writer.ts";
import {
  AMEND_FRAME,
  createSinkTarget,
  ID_HEAD,
  LINE_TAIL,
  ROUTING_HEAD,
} from "../../sink/action-line.ts";
import { shortenedId } from "../../sink/document-id.ts";

/** An action that a rule has made of a row. */
export interface CollectedAction {
  readonly kind: "index" | "amend" | "delete";
  readonly target: Target;
  readonly id: string;
  readonly routing: string | null;
  readonly version: bigint;
  /** The document's JSON; null of a delete. */
  readonly document: string | null;
  /** The lines of a bulk request, each with its newline, as the sink writes them in a batch of several indices. */
  readonly lines: string;
}

/** Takes actions as the sink does and keeps them; it has room always. Throws when a document is larger than its bound. */
export class ActionCollector implements ActionWriter {
  readonly id = Buffer.alloc(ID_SCRATCH_BYTES);
  readonly routing = Buffer.alloc(ID_SCRATCH_BYTES);
  routingLength = 0;
  readonly actions: CollectedAction[] = [];
  #target: Target | null = null;
  #version = 0n;
  #open: { readonly kind: "index" | "amend"; readonly idLength: number } | null = null;

  begin(target: Target | null, versionHigh: number, versionLow: number): void {
    this.#target = target;
    this.#version = (BigInt(versionHigh >>> 0) << 32n) | BigInt(versionLow >>> 0);
    this.routingLength = 0;
  }

  aim(target: Target): void {
    this.#target = target;
  }

  index(idLength: number, bound: number): DocumentSlot {
    return this.#openDocument("index", idLength, bound);
  }

  amend(idLength: number, bound: number): DocumentSlot {
    return this.#openDocument("amend", idLength, bound);
  }

  finish(slot: DocumentSlot, end: number): void {
    const { kind, idLength } = this.#open!;
    if (end > slot.bytes.length)
      throw new RangeError(`a document of ${end} bytes had a bound of ${slot.bytes.length}`);
    this.#keep(kind, idLength, slot.bytes.toString("utf8", 0, end));
  }

  delete(idLength: number): boolean {
    this.#keep("delete", idLength, null);
    return true;
  }

  #openDocument(kind: "index" | "amend", idLength: number, bound: number): DocumentSlot {
    this.#open = { kind, idLength };
    return { bytes: Buffer.alloc(bound), length: 0 };
  }

  #keep(kind: CollectedAction["kind"], idLength: number, document: string | null): void {
    const target = this.#target!;
    const sinkTarget = createSinkTarget(0, target);
    const written = this.id.toString("utf8", 0, idLength);
    const id = (idLength > MAX_ID_BYTES ? shortenedId(written) : null) ?? written;
    const routing = this.routing.toString("utf8", 0, this.routingLength);
    const { named, frame, isVersioned } = sinkTarget;
    const head = kind === "index" ? named.write : named[kind];
    const { head: before, tail: behind } = kind === "index" ? frame : AMEND_FRAME;
    const hasVersion = isVersioned && kind !== "amend";
    const lines = [
      head,
      ...(hasVersion ? [Buffer.from(`${this.#version}`), ID_HEAD] : []),
      Buffer.from(id),
      ...(routing === "" ? [] : [ROUTING_HEAD, Buffer.from(routing)]),
      LINE_TAIL,
      ...(document === null ? [] : [before, Buffer.from(document), behind]),
    ];
    this.actions.push({
      kind,
      target,
      id: unescape(id),
      routing: routing === "" ? null : unescape(routing),
      version: this.#version,
      document,
      lines: Buffer.concat(lines).toString("utf8"),
    });
  }
}

/** The text that the content of a JSON string stands for. */
function unescape(content: string): string {
  return JSON.parse(`"${content}"`) as string;
}
