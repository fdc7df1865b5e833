import type { ActionWriter, DocumentSlot, Target } from "../../core/action-writer.ts";
import { documentKey, type Window } from "./windows.ts";

/** A writer in front of another one. Both share the scratch for ids and routings. */
abstract class PassingWriter implements ActionWriter {
  readonly id: Buffer;
  readonly routing: Buffer;
  protected readonly writer: ActionWriter;
  #index = "";

  constructor(writer: ActionWriter) {
    this.writer = writer;
    this.id = writer.id;
    this.routing = writer.routing;
  }

  get routingLength(): number {
    return this.writer.routingLength;
  }

  set routingLength(length: number) {
    this.writer.routingLength = length;
  }

  begin(target: Target | null, versionHigh: number, versionLow: number): void {
    this.#index = target?.index ?? "";
    this.writer.begin(target, versionHigh, versionLow);
  }

  aim(target: Target): void {
    this.#index = target.index;
    this.writer.aim(target);
  }

  abstract index(idLength: number, bound: number): DocumentSlot | null;
  abstract amend(idLength: number, bound: number): DocumentSlot | null;
  abstract finish(slot: DocumentSlot, end: number): void;
  abstract delete(idLength: number): boolean;

  /** Names the document whose id and routing are in the scratch. */
  protected keyOf(idLength: number): string {
    const routing = { bytes: this.routing, length: this.routingLength };
    return documentKey(this.#index, { bytes: this.id, length: idLength }, routing);
  }
}

/** Passes the stream's actions on and notes their documents in the windows that are open. An action that finds no room comes again, and is noted twice: harmless. */
export class NotingWriter extends PassingWriter {
  #windows: readonly Window[] = [];
  #rule = "";

  /** The next actions are of this rule. */
  noteFor(windows: readonly Window[], rule: string): this {
    this.#windows = windows;
    this.#rule = rule;
    return this;
  }

  index(idLength: number, bound: number): DocumentSlot | null {
    this.#note(idLength);
    return this.writer.index(idLength, bound);
  }

  amend(idLength: number, bound: number): DocumentSlot | null {
    this.#note(idLength);
    return this.writer.amend(idLength, bound);
  }

  finish(slot: DocumentSlot, end: number): void {
    this.writer.finish(slot, end);
  }

  delete(idLength: number): boolean {
    this.#note(idLength);
    return this.writer.delete(idLength);
  }

  #note(idLength: number): void {
    const document = this.keyOf(idLength);
    for (const window of this.#windows) window.note(this.#rule, document);
  }
}

/** Room for a larger document that is left out is given back at once. */
const MAX_SCRATCH_BYTES = 1024 * 1024;

/** Passes the actions of a chunk on, without those of documents that the stream has written meanwhile: these go into a scratch slot and nowhere else. */
export class DroppingWriter extends PassingWriter {
  readonly #scratch: DocumentSlot = { bytes: Buffer.alloc(0), length: 0 };
  #written: ReadonlySet<string> = new Set();

  /** The next actions leave these documents out. */
  without(written: ReadonlySet<string>): this {
    this.#written = written;
    return this;
  }

  index(idLength: number, bound: number): DocumentSlot | null {
    return this.#isWritten(idLength) ? this.#drop(bound) : this.writer.index(idLength, bound);
  }

  amend(idLength: number, bound: number): DocumentSlot | null {
    return this.#isWritten(idLength) ? this.#drop(bound) : this.writer.amend(idLength, bound);
  }

  finish(slot: DocumentSlot, end: number): void {
    if (slot !== this.#scratch) this.writer.finish(slot, end);
    else if (slot.bytes.length > MAX_SCRATCH_BYTES) slot.bytes = Buffer.alloc(0);
  }

  delete(idLength: number): boolean {
    return this.#isWritten(idLength) || this.writer.delete(idLength);
  }

  #isWritten(idLength: number): boolean {
    return this.#written.size > 0 && this.#written.has(this.keyOf(idLength));
  }

  /** Somewhere to write to that nobody reads. */
  #drop(bound: number): DocumentSlot {
    if (this.#scratch.bytes.length < bound) this.#scratch.bytes = Buffer.allocUnsafeSlow(bound);
    this.#scratch.length = 0;
    return this.#scratch;
  }
}
