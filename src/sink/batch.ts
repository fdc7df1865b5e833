import type { DocumentSlot } from "../core/action-writer.ts";
import { ROUTING_HEAD, type SinkTarget } from "./action-line.ts";

/** Room behind `maxBytes`, above the bound that encoders usually ask for, so that the last action needs no larger buffer. Never touched, it costs no memory. */
const SLACK_BYTES = 320 * 1024;

/** Sizes of a batch. `maxBytes` may shrink while running, when a server refuses requests of that size. */
export interface BatchLimits {
  readonly maxActions: number;
  maxBytes: number;
}

/** What the writer knows about the action that it has just written behind `committed`. */
export interface ActionKey {
  readonly hash: number;
  readonly idBytes: Uint8Array;
  readonly idLength: number;
  /** Where the id lies in the batch; the routing follows it. */
  readonly idStart: number;
  readonly routing: Uint8Array;
  readonly routingLength: number;
  readonly versionHigh: number;
  readonly versionLow: number;
}

/**
 * One bulk request being filled, then sent: the request's bytes and, beside them, a few numbers an action in parallel arrays (no object
 * an action). While it is filled, a hash table over the actions finds an earlier write of the same document; the later one replaces it
 * when both write whole documents for one target and the later is not older. The replaced one is a hole, closed up by `close`. An
 * update of an upsert is never replaced: another rule with the same target may have written other fields.
 *
 * After `close` nothing moves until `reset`, so that any part of it can be sent again.
 */
export class Batch implements DocumentSlot {
  bytes: Buffer;
  /** Where the document of the action being written goes; meaningless between actions. */
  length = 0;
  /** End of the last whole action. */
  committed = 0;
  count = 0;
  /** The target of the first action. Its index is in the request path, so its actions carry no `_index`. */
  opener: SinkTarget | null = null;
  /** Number of the first action, counted over the sink's life. */
  firstOrdinal = 0;
  /** Actions replaced by later ones. */
  holes = 0;

  /** Set when a request met anything but a 200: a socket may still hold the bytes, so `reset` takes a new buffer. */
  isTainted = false;

  readonly starts: Int32Array;
  readonly hashes: Int32Array;
  readonly idStarts: Int32Array;
  readonly idLengths: Uint16Array;
  /** 0 = none. */
  readonly routingLengths: Uint16Array;
  readonly targets: Uint16Array;
  readonly versionHighs: Uint32Array;
  readonly versionLows: Uint32Array;
  readonly #dead: Uint8Array;
  /** Hash table: number of an action plus one, zero when empty. */
  readonly #table: Int32Array;
  readonly #mask: number;
  readonly #standard: number;

  constructor(limits: BatchLimits) {
    const { maxActions } = limits;
    this.#standard = limits.maxBytes + SLACK_BYTES;
    this.bytes = Buffer.allocUnsafeSlow(this.#standard);
    this.starts = new Int32Array(maxActions + 1);
    this.hashes = new Int32Array(maxActions);
    this.idStarts = new Int32Array(maxActions);
    this.idLengths = new Uint16Array(maxActions);
    this.routingLengths = new Uint16Array(maxActions);
    this.targets = new Uint16Array(maxActions);
    this.versionHighs = new Uint32Array(maxActions);
    this.versionLows = new Uint32Array(maxActions);
    this.#dead = new Uint8Array(maxActions);
    const size = 2 ** Math.ceil(Math.log2(maxActions * 2));
    this.#table = new Int32Array(size);
    this.#mask = size - 1;
  }

  /** Makes room for `needed` more bytes behind `committed`. */
  grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(this.committed + needed);
    this.bytes.copy(larger, 0, 0, this.committed);
    this.bytes = larger;
  }

  /** Enters the action that ends before `end`. */
  commit(end: number, target: SinkTarget, key: ActionKey): void {
    const n = this.count;
    this.#enter(n, target, key);
    this.hashes[n] = key.hash;
    this.idStarts[n] = key.idStart;
    this.idLengths[n] = key.idLength;
    this.routingLengths[n] = key.routingLength;
    this.targets[n] = target.number;
    this.versionHighs[n] = key.versionHigh;
    this.versionLows[n] = key.versionLow;
    this.#dead[n] = 0;
    this.count = n + 1;
    this.committed = end;
    this.starts[n + 1] = end;
  }

  /** Points the hash table's place of this document to action `n`, and makes a hole of the action it replaces. */
  #enter(n: number, target: SinkTarget, key: ActionKey): void {
    const table = this.#table;
    let place = key.hash & this.#mask;
    for (;;) {
      const other = table[place]! - 1;
      if (other < 0) break;
      if (this.hashes[other] === key.hash && this.#isSameDocument(other, key)) {
        if (
          target.isVersioned &&
          this.targets[other] === target.number &&
          this.#isNotOlder(other, key)
        ) {
          this.#dead[other] = 1;
          this.holes += 1;
        }
        break;
      }
      place = (place + 1) & this.#mask;
    }
    table[place] = n + 1;
  }

  /** The hash covers the index, so two actions with one hash, one id and one routing are taken for one document. */
  #isSameDocument(other: number, key: ActionKey): boolean {
    const { idLength, routingLength } = key;
    if (this.idLengths[other] !== idLength || this.routingLengths[other] !== routingLength)
      return false;
    const at = this.idStarts[other]!;
    for (let i = 0; i < idLength; i++) if (this.bytes[at + i] !== key.idBytes[i]) return false;
    const from = at + idLength + ROUTING_HEAD.length;
    for (let i = 0; i < routingLength; i++)
      if (this.bytes[from + i] !== key.routing[i]) return false;
    return true;
  }

  #isNotOlder(other: number, key: ActionKey): boolean {
    const high = this.versionHighs[other]!;
    if (key.versionHigh !== high) return key.versionHigh > high;
    return key.versionLow >= this.versionLows[other]!;
  }

  /** Closes the holes up. From here to `reset` the batch does not change. */
  close(): void {
    if (this.holes === 0) return;
    let kept = 0;
    let at = 0;
    for (let n = 0; n < this.count; n++) {
      if (this.#dead[n] === 1) continue;
      const start = this.starts[n]!;
      const end = this.starts[n + 1]!;
      if (at !== start) {
        this.bytes.copyWithin(at, start, end);
        this.hashes[kept] = this.hashes[n]!;
        this.idStarts[kept] = this.idStarts[n]! - (start - at);
        this.idLengths[kept] = this.idLengths[n]!;
        this.routingLengths[kept] = this.routingLengths[n]!;
        this.targets[kept] = this.targets[n]!;
        this.versionHighs[kept] = this.versionHighs[n]!;
        this.versionLows[kept] = this.versionLows[n]!;
      }
      at += end - start;
      kept += 1;
      this.starts[kept] = at;
    }
    this.count = kept;
    this.committed = at;
  }

  /** Empties the batch. */
  reset(): void {
    if (this.isTainted || this.bytes.length !== this.#standard) {
      this.bytes = Buffer.allocUnsafeSlow(this.#standard);
    }
    this.isTainted = false;
    this.#table.fill(0);
    this.committed = 0;
    this.count = 0;
    this.holes = 0;
    this.opener = null;
  }
}
