import {
  ID_SCRATCH_BYTES,
  MAX_ID_BYTES,
  type ActionWriter,
  type DocumentSlot,
  type Target,
} from "../core/action-writer.ts";
import {
  hashBytes,
  ID_HEAD,
  LINE_TAIL,
  AMEND_FRAME,
  type DocumentFrame,
  FRAME_BYTES,
  ROUTING_HEAD,
  type SinkTarget,
} from "./action-line.ts";
import type { ActionKey, Batch, BatchLimits } from "./batch.ts";
import { shortenedId } from "./document-id.ts";
import type { Lane } from "./lane.ts";
import { writeUint64 } from "./uint64-digits.ts";

/**
 * The sink's side of the hot path: picks the lane by the hash of index and id, writes the action line into the batch that the lane is
 * filling and enters the action when its document is there. An action that is opened and never finished leaves no trace.
 */
export class BulkWriter implements ActionWriter, ActionKey {
  readonly id = Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES);
  readonly routing = Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES);
  routingLength = 0;
  /** Actions taken since the start. */
  taken = 0;
  /** The lane that had no room when an action was last refused. */
  refusedBy: Lane | null = null;

  // The action being written, as ActionKey.
  hash = 0;
  idBytes: Uint8Array = this.id;
  idLength = 0;
  idStart = 0;
  versionHigh = 0;
  versionLow = 0;

  readonly #lanes: readonly Lane[];
  readonly #limits: BatchLimits;
  readonly #onFirst: () => void;
  #target: SinkTarget | null = null;
  #frame: DocumentFrame = AMEND_FRAME;
  /** The version's digits and what stands between them and the id. */
  readonly #version = Buffer.allocUnsafeSlow(32);
  /** 0 = not written since the version has changed. */
  #versionLength = 0;
  /** What the lines that begin with `#lineHead` have before the id: it and the version. Null when the version has changed since. */
  #lineHead: Buffer | null = null;
  #lineStart: Buffer = Buffer.alloc(0);

  /** `onFirst` is called when an action has opened a batch. */
  constructor(lanes: readonly Lane[], limits: BatchLimits, onFirst: () => void) {
    this.#lanes = lanes;
    this.#limits = limits;
    this.#onFirst = onFirst;
  }

  begin(target: Target | null, versionHigh: number, versionLow: number): void {
    this.#target = target as SinkTarget | null;
    this.versionHigh = versionHigh >>> 0;
    this.versionLow = versionLow >>> 0;
    this.routingLength = 0;
    this.#lineHead = null;
    this.#versionLength = 0;
  }

  aim(target: Target): void {
    this.#target = target as SinkTarget;
  }

  index(idLength: number, bound: number): DocumentSlot | null {
    const target = this.#target!;
    const batch = this.#open(target, idLength, bound + FRAME_BYTES);
    if (batch === null) return null;
    const head = (batch.opener === target ? target.own : target.named).write;
    return this.#openDocument(batch, head, target.frame);
  }

  amend(idLength: number, bound: number): DocumentSlot | null {
    const target = this.#target!;
    const batch = this.#open(target, idLength, bound + FRAME_BYTES);
    if (batch === null) return null;
    const head = (batch.opener === target ? target.own : target.named).amend;
    return this.#openDocument(batch, head, AMEND_FRAME);
  }

  #openDocument(batch: Batch, lineHead: Buffer, frame: DocumentFrame): Batch {
    const at = this.#writeLine(batch, lineHead);
    this.#frame = frame;
    const { head } = frame;
    if (head.length > 0) batch.bytes.set(head, at);
    batch.length = at + head.length;
    return batch;
  }

  finish(slot: DocumentSlot, end: number): void {
    const batch = slot as Batch;
    const { tail } = this.#frame;
    const { bytes } = batch;
    // mostly it is one newline
    for (let i = 0; i < tail.length; i++) bytes[end + i] = tail[i]!;
    this.#commit(batch, this.#target!, end + tail.length);
  }

  delete(idLength: number): boolean {
    const target = this.#target!;
    const batch = this.#open(target, idLength, 0);
    if (batch === null) return false;
    const head = (batch.opener === target ? target.own : target.named).delete;
    this.#commit(batch, target, this.#writeLine(batch, head));
    return true;
  }

  /** Finds the batch for the document and makes sure of its room; null when its lane has none. */
  #open(target: SinkTarget, idLength: number, documentBound: number): Batch | null {
    this.idBytes = this.id;
    this.idLength = idLength;
    if (idLength > MAX_ID_BYTES) this.#shortenId();
    const hash = hashBytes(target.seed, this.idBytes, this.idLength);
    this.hash = hash;
    const lanes = this.#lanes;
    const lane = lanes[(hash >>> 16) % lanes.length]!;
    const needed = target.overhead + this.idLength + this.routingLength + documentBound;
    let batch = lane.filling;
    if (
      batch.count >= this.#limits.maxActions ||
      batch.committed >= this.#limits.maxBytes ||
      batch.committed + needed > batch.bytes.length
    ) {
      const other = lane.makeRoom(needed);
      if (other === null) {
        this.refusedBy = lane;
        return null;
      }
      batch = other;
    }
    if (batch.count === 0) batch.opener = target;
    return batch;
  }

  #writeLine(batch: Batch, head: Buffer): number {
    if (head !== this.#lineHead) this.#prepareLine(head, this.#target!);
    const bytes = batch.bytes;
    let at = batch.committed;
    bytes.set(this.#lineStart, at);
    at += this.#lineStart.length;
    this.idStart = at;
    const id = this.idBytes;
    const length = this.idLength;
    for (let i = 0; i < length; i++) bytes[at + i] = id[i]!;
    at += length;
    if (this.routingLength > 0) at = this.#writeRouting(bytes, at);
    for (let i = 0; i < LINE_TAIL.length; i++) bytes[at + i] = LINE_TAIL[i]!;
    return at + LINE_TAIL.length;
  }

  #writeRouting(bytes: Buffer, start: number): number {
    bytes.set(ROUTING_HEAD, start);
    const at = start + ROUTING_HEAD.length;
    this.routing.copy(bytes, at, 0, this.routingLength);
    return at + this.routingLength;
  }

  /** One copy a line instead of two: rows of one event mostly go to batches of one opener. */
  #prepareLine(head: Buffer, { isVersioned }: SinkTarget): void {
    if (isVersioned && this.#versionLength === 0) {
      const end = writeUint64(this.versionHigh, this.versionLow, this.#version, 0);
      ID_HEAD.copy(this.#version, end, 0, ID_HEAD.length);
      this.#versionLength = end + ID_HEAD.length;
    }
    const length = isVersioned ? this.#versionLength : 0;
    this.#lineStart = Buffer.concat([head, this.#version.subarray(0, length)]);
    this.#lineHead = head;
  }

  #commit(batch: Batch, target: SinkTarget, end: number): void {
    const isFirst = batch.count === 0;
    batch.commit(end, target, this);
    if (isFirst) {
      batch.firstOrdinal = this.taken;
      this.#onFirst();
    }
    this.taken += 1;
  }

  /**
   * Replaces an id that is longer than Elasticsearch takes by `sha256:` and its hash. The id in the scratch is escaped, so its length
   * says so only when it is short enough.
   */
  #shortenId(): void {
    const escaped = this.id.toString("utf8", 0, this.idLength);
    const id = shortenedId(escaped);
    if (id === null) return;
    this.idBytes = Buffer.from(id);
    this.idLength = this.idBytes.length;
  }
}
