import { crc32 } from "node:zlib";
import type { ByteSource } from "../core/byte-source.ts";
import type { ChangeEvent, ChangeStream } from "../core/change-event.ts";
import type { LogPlace, SourcePosition } from "../core/checkpoint.ts";
import { Backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { TailraceError, asTailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { PacketReader, type PartedPayloads } from "../binlog/packet-reader.ts";
import { TRANSACTION_PAYLOAD_HEAD_BYTES } from "../binlog/transaction-payload.ts";
import { EventType } from "../binlog/constants.ts";
import { decodeFormatDescription } from "../binlog/events.ts";
import type { ChangeReader, EventView, Handled } from "./change-reader.ts";
import {
  type EventSequence,
  heldEvents,
  openArrivingPayload,
  openPayload,
} from "./event-sequence.ts";
import { connectionClosed, HELD_BYTES, PartedEvent, restOfEvent } from "./parted-event.ts";

/** A binlog dump: MySQL packets, each an OK byte and an event, or an ERR packet. */
export interface BinlogConnection extends ByteSource {
  /** Whether events before the first FORMAT_DESCRIPTION end with a checksum; then that event tells. */
  readonly checksum: "CRC32" | "NONE";
}

/** What a capture needs. */
export interface CaptureOptions {
  readonly reader: ChangeReader;
  /** Opens the binlog dump from a position: the server's packets. The first time the start's own (GTID or position), later a position on the same server. */
  connect(resumeAt: SourcePosition | null, signal: AbortSignal): Promise<BinlogConnection>;
  /** Translates an ERR packet of the dump. */
  translateError(code: number, message: string): TailraceError;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const HEADER_BYTES = 19;
const CHECKSUM_BYTES = 4;
const PACKET_OK = 0x00;
const PACKET_EOF = 0xfe;
const PACKET_ERR = 0xff;

/** Compressed transactions may be as large as MySQL's packets, 1 GiB: from this size on they are worked off while they arrive. */
const PARTED: PartedPayloads = {
  // smaller ones are put together and verified before anything of them is used
  minBytes: 8 * 1024 * 1024,
  headBytes: 1 + HEADER_BYTES + TRANSACTION_PAYLOAD_HEAD_BYTES + HELD_BYTES,
  isParted: (bytes, start) =>
    bytes[start] === PACKET_OK && bytes[start + 5] === EventType.TRANSACTION_PAYLOAD,
};

/**
 * Reads the binary log as a stream of change events, for as long as it takes: a connection that is lost, stalls or delivers a damaged event is replaced
 * and reading resumes behind the last transaction that was read whole. Rows of a transaction that was cut off come again; versions make that harmless.
 */
export class Capture implements ChangeStream {
  readonly #options: CaptureOptions;
  readonly #backoff: Backoff;
  #source: BinlogConnection | null = null;
  /** Do events end with a CRC32? Changes with the server's setting from file to file. */
  #hasChecksum = false;
  #packets = new PacketReader(PARTED);
  /** Events that come before the connection's next one: of a compressed or a held transaction. */
  #sequence: EventSequence | null = null;
  #queue: readonly ChangeEvent[] = [];
  #queued = 0;
  /** What must happen before the next event can be handled. */
  #until: Promise<void> | null = null;
  #failure: TailraceError | null = null;
  #hasConnected = false;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  /** The event that comes in parts, until its first part was handled. */
  #parted: PartedEvent | null = null;
  /** An event of this connection was handled: the reader's place is one of it. */
  #isPlaced = false;
  #passed: LogPlace | null = null;

  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock);
    this.#signal = AbortSignal.any([options.signal, this.#closing.signal]);
  }

  /** Is there a connection to read from? */
  get isConnected(): boolean {
    return this.#source !== null;
  }

  /** Every transaction that ends up to here was handed out; null = not known. It may go back with a new connection, which repeats what comes then. */
  get passed(): LogPlace | null {
    const isAllOut = this.#queued === this.#queue.length && this.#sequence === null;
    if (isAllOut && this.#until === null && this.#failure === null && this.#isPlaced)
      this.#passed = this.#options.reader.place ?? this.#passed;
    return this.#passed;
  }

  poll(): ChangeEvent | null {
    if (this.#failure !== null || this.#until !== null) return null;
    try {
      return this.#next();
    } catch (error) {
      this.#failure = asTailraceError(error);
      return null;
    }
  }

  async wait(): Promise<void> {
    try {
      if (this.#failure !== null) throw this.#failure;
      if (this.#until !== null) {
        const until = this.#until;
        await until;
        this.#until = null;
      } else if (this.#source === null) {
        await this.#connect();
      } else if (!(await this.#source.wait())) {
        throw connectionClosed();
      }
    } catch (error) {
      await this.#recover(asTailraceError(error));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#source?.[Symbol.asyncDispose]();
    this.#source = null;
  }

  #next(): ChangeEvent | null {
    for (;;) {
      if (this.#queued < this.#queue.length) return this.#queue[this.#queued++]!;
      if (this.#until !== null) return null;
      const isInner = this.#sequence !== null;
      const view = this.#sequence === null ? this.#nextPacket() : this.#nextInner(this.#sequence);
      if (view !== null) this.#take(this.#options.reader.handle(view));
      else if (!isInner) return null;
    }
  }

  /** The sequence's next event; null when it must be waited for, or is through: then its closing events are queued. */
  #nextInner(sequence: EventSequence): EventView | null {
    const inner = sequence.next();
    if (inner === "later") {
      this.#until = sequence.wait();
      return null;
    }
    if (inner !== null) return inner;
    this.#options.reader.insidePayload = false;
    this.#sequence = null;
    this.#queue = sequence.trailing();
    this.#queued = 0;
    return null;
  }

  /** The connection's next binlog event that is here, its checksum verified and cut off. */
  #nextPacket(): EventView | null {
    const packets = this.#packets;
    while (!packets.next()) {
      const chunk = this.#source?.read() ?? null;
      if (chunk === null) return null;
      packets.push(chunk);
    }
    const { bytes, start, end } = packets;
    const marker = bytes[start];
    if (marker === PACKET_ERR) {
      // 0xff, code 2, '#' and SQL state 5, message
      throw this.#options.translateError(
        bytes.readUInt16LE(start + 1),
        bytes.toString("utf8", start + 9, end),
      );
    }
    if (marker === PACKET_EOF && end - start < 9)
      throw new TailraceError("SOURCE_UNREACHABLE", "The server ended the binlog stream.");
    if (marker !== PACKET_OK || end - start < 20)
      throw new TailraceError("BINLOG_CORRUPT", "A packet of the binlog stream holds no event.");
    if (packets.isContinued) return this.#firstPart(bytes.subarray(start + 1, end));
    return { bytes, start: start + 1, end: this.#withoutChecksum(bytes, start + 1, end) };
  }

  #firstPart(part: Buffer): EventView {
    this.#parted = new PartedEvent(part.readUInt32LE(9), this.#hasChecksum);
    const bytes = this.#parted.take(part, false);
    return { bytes, start: 0, end: bytes.length };
  }

  #withoutChecksum(bytes: Buffer, start: number, end: number): number {
    const type = bytes[start + 4];
    if (type === EventType.FORMAT_DESCRIPTION)
      this.#hasChecksum = decodeFormatDescription(bytes, start + HEADER_BYTES, end).checksum;
    const contentEnd = end - CHECKSUM_BYTES;
    // this event always has the four bytes, without checksums they are zero
    if (!this.#hasChecksum) return type === EventType.FORMAT_DESCRIPTION ? contentEnd : end;
    if (crc32(bytes.subarray(start, contentEnd)) !== bytes.readUInt32LE(contentEnd)) {
      throw new TailraceError(
        "BINLOG_CHECKSUM",
        `An event of ${end - start} bytes, type ${type}, does not match its CRC32.`,
      );
    }
    return contentEnd;
  }

  #take(handled: Handled): void {
    const { events, until, payload, replay } = handled;
    this.#isPlaced = true;
    if (until !== undefined) this.#until = until;
    if (payload !== undefined) {
      const parted = this.#parted;
      this.#parted = null;
      this.#enter(
        parted === null
          ? openPayload(payload)
          : openArrivingPayload(payload, restOfEvent(parted, this.#packets, this.#source!)),
      );
    }
    if (replay !== undefined) this.#enter(heldEvents(replay.events, replay.commit));
    if (events.length === 0) return;
    if (this.#backoff.failures > 0 && events[0]!.kind !== "rows") this.#backoff.reset();
    this.#queue = events;
    this.#queued = 0;
  }

  #enter(sequence: EventSequence): void {
    this.#sequence = sequence;
    this.#options.reader.insidePayload = true;
  }

  async #connect(): Promise<void> {
    const { reader, logger } = this.#options;
    if (this.#signal.aborted) return;
    const resumeAt =
      this.#hasConnected && reader.resumePosition.file !== "" ? reader.resumePosition : null;
    const source = await this.#options.connect(resumeAt, this.#signal);
    // closed meanwhile: nobody else would close it
    if (this.#closing.signal.aborted) return source[Symbol.asyncDispose]();
    this.#source = source;
    this.#hasChecksum = source.checksum === "CRC32";
    if (this.#hasConnected)
      logger.info(
        { file: resumeAt?.file, position: resumeAt?.position },
        "reading the binary log again",
      );
    this.#hasConnected = true;
  }

  /** After a failure: rethrows what cannot heal, otherwise drops the connection and waits before the next try. */
  async #recover(error: TailraceError): Promise<void> {
    const { clock, logger, reader } = this.#options;
    this.#failure = null;
    this.#until = null;
    this.#sequence = null;
    this.#parted = null;
    this.#isPlaced = false;
    // what is left of the old connection's bytes lies behind the failure
    this.#packets = new PacketReader(PARTED);
    this.#queue = [];
    this.#queued = 0;
    reader.reset();
    await this.#source?.[Symbol.asyncDispose]();
    this.#source = null;
    if (this.#signal.aborted) return;
    if (error.disposition !== "retry") throw error;
    const waitMs = this.#backoff.next();
    const level = this.#backoff.failures > 5 ? "error" : "warn";
    logger[level](
      { err: error, retryInMs: Math.round(waitMs) },
      "the source cannot be read; trying again",
    );
    await clock.sleep(waitMs, this.#signal);
  }
}
