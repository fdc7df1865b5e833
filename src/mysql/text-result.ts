import { TailraceError } from "../core/errors.ts";

const HEADER_BYTES = 4;
/** A packet of this length is continued by the next one. */
const MAX_PAYLOAD = 0xff_ffff;
const OK = 0x00;
const LOCAL_INFILE = 0xfb;
const EOF = 0xfe;
const ERR = 0xff;
/** An EOF packet is shorter; a longer one that begins with 0xfe is a row. */
const EOF_LIMIT = 9;
/** Of a column definition: UNSIGNED, ZEROFILL, BINARY, ENUM, SET; the others say nothing of values. */
const FLAGS_OF_TYPE = 0x20 | 0x40 | 0x80 | 0x100 | 0x800;

/** What the answer to a query was: rows, or nothing but success. */
export interface TextRows {
  /** Whole row packets, headers included, as the layout of `createTextRowLayout` reads them; views of what was pushed where that was possible. */
  readonly buffers: readonly Buffer[];
  readonly rows: number;
  /** Of the buffers. */
  readonly bytes: number;
  /** Type, flags, decimals and character set of each column: two results of the same signature lie in memory alike. */
  readonly signature: string;
}

/**
 * Takes the answer to one COM_QUERY apart: column count, column definitions, EOF, rows, EOF; or OK, or ERR
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html, without CLIENT_DEPRECATE_EOF).
 *
 * Rows stay where they arrived: of each chunk of the socket the stretch of whole row packets is kept as a view, and only a row that spans chunks is
 * copied. A row of 16 MiB and more comes in several packets; it is put together behind one header, whose length then means nothing: rows are read by walking
 * their values.
 */
export class TextResult implements TextRows {
  readonly buffers: Buffer[] = [];
  rows = 0;
  bytes = 0;
  signature = "";
  /** The server refused; its number, SQLSTATE and text. */
  error: { readonly number: number; readonly state: string; readonly message: string } | null =
    null;
  #state: "begin" | "columns" | "rows" | "done" = "begin";
  #columns = 0;
  /** Packets that have begun and are not whole. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  /** Payloads of a row in several packets. */
  #joined: Buffer[] = [];

  /** Takes bytes as they came; true when the answer is whole. Throws SOURCE_QUERY_FAILED for what is no answer. */
  push(chunk: Buffer): boolean {
    let p = 0;
    if (this.#partBytes > 0) {
      p = this.#complete(chunk);
      if (p < 0) return false;
    }
    while (p < chunk.length && this.#state !== "done") {
      if (this.#state === "rows") p = this.#takeRows(chunk, p);
      if (p === chunk.length || this.#isDone) break;
      const end = packetEnd(chunk, p);
      if (end < 0) {
        this.#keep(chunk.subarray(p));
        return false;
      }
      this.#takePacket(chunk.subarray(p, end));
      p = end;
    }
    return this.#isDone;
  }

  get #isDone(): boolean {
    return this.#state === "done";
  }

  /** Adds to the open packet what the chunk has of it; the place behind it, -1 when it is still not whole. */
  #complete(chunk: Buffer): number {
    let p = 0;
    if (this.#partBytes < HEADER_BYTES) {
      p = Math.min(HEADER_BYTES - this.#partBytes, chunk.length);
      this.#keep(chunk.subarray(0, p));
      if (this.#partBytes < HEADER_BYTES) return -1;
    }
    const missing = HEADER_BYTES + payloadBytes(this.#parts[0]!, 0) - this.#partBytes;
    const length = Math.min(missing, chunk.length - p);
    if (length > 0) this.#keep(chunk.subarray(p, p + length));
    if (length < missing) return -1;
    const packet = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#partBytes = 0;
    this.#takePacket(packet);
    return p + length;
  }

  /** Keeps a piece of a packet; its first piece holds the header as soon as that is here. */
  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#parts.push(piece);
    this.#partBytes += piece.length;
    if (this.#parts[0]!.length < HEADER_BYTES && this.#partBytes >= HEADER_BYTES)
      this.#parts = [Buffer.concat(this.#parts)];
  }

  /** Takes the stretch of whole row packets at `p`; the place behind it, where something else begins. */
  #takeRows(chunk: Buffer, start: number): number {
    if (this.#joined.length > 0) return start;
    const length = chunk.length;
    let rows = 0;
    let p = start;
    while (p + HEADER_BYTES < length) {
      const payload = chunk[p]! | (chunk[p + 1]! << 8) | (chunk[p + 2]! << 16);
      const end = p + HEADER_BYTES + payload;
      const first = chunk[p + HEADER_BYTES]!;
      if (end > length || first === ERR || payload === MAX_PAYLOAD) break;
      if (first === EOF && payload < EOF_LIMIT) break;
      p = end;
      rows++;
    }
    if (rows > 0) this.#add(chunk.subarray(start, p), rows);
    return p;
  }

  #add(buffer: Buffer, rows: number): void {
    this.buffers.push(buffer);
    this.rows += rows;
    this.bytes += buffer.length;
  }

  #takePacket(packet: Buffer): void {
    const length = packet.length - HEADER_BYTES;
    const first = packet[HEADER_BYTES];
    if (this.#joined.length === 0 && first === ERR) return this.#fail(packet);
    const isEof = this.#joined.length === 0 && first === EOF && length < EOF_LIMIT;
    switch (this.#state) {
      case "begin":
        return this.#begin(packet);
      case "columns":
        if (isEof) this.#state = "rows";
        else this.signature += columnSignature(packet);
        return;
      case "rows":
        if (isEof) this.#state = "done";
        else this.#takeRow(packet, length);
        return;
      case "done":
        return;
    }
  }

  /** A row that came in pieces. */
  #takeRow(packet: Buffer, length: number): void {
    if (this.#joined.length === 0 && length < MAX_PAYLOAD) return this.#add(packet, 1);
    this.#joined.push(this.#joined.length === 0 ? packet : packet.subarray(HEADER_BYTES));
    if (length === MAX_PAYLOAD) return;
    const row = Buffer.concat(this.#joined);
    this.#joined = [];
    this.#add(row, 1);
  }

  #begin(packet: Buffer): void {
    const first = packet[HEADER_BYTES]!;
    if (first === OK) {
      this.#state = "done";
      return;
    }
    if (packet.length === HEADER_BYTES || first === LOCAL_INFILE || first === EOF) unknownAnswer();
    // more than 250 columns: two bytes behind 0xfc
    this.#columns = first < LOCAL_INFILE ? first : packet.readUInt16LE(HEADER_BYTES + 1);
    this.signature = `${this.#columns};`;
    this.#state = "columns";
  }

  /** ERR: 2 bytes number, '#' and 5 bytes SQL state, text. */
  #fail(packet: Buffer): void {
    const number = packet.readUInt16LE(HEADER_BYTES + 1);
    const state = packet.toString("latin1", HEADER_BYTES + 4, HEADER_BYTES + 9);
    this.error = { number, state, message: packet.toString("utf8", HEADER_BYTES + 9) };
    this.#state = "done";
  }
}

/** Where the packet at `p` ends; -1 when it is not whole. */
function packetEnd(chunk: Buffer, p: number): number {
  if (chunk.length - p < HEADER_BYTES) return -1;
  const end = p + HEADER_BYTES + payloadBytes(chunk, p);
  return end > chunk.length ? -1 : end;
}

function payloadBytes(bytes: Buffer, p: number): number {
  return bytes[p]! | (bytes[p + 1]! << 8) | (bytes[p + 2]! << 16);
}

/** Behind the names of a column definition: its length 0x0c, 2 bytes character set, 4 length, 1 type, 2 flags, 1 decimals, 2 filler. */
const DEFINITION_BYTES = 13;

/**
 * What matters of a column definition. It begins with six length-encoded texts (catalog, schema, table, original table, name, original name) and, on MariaDB,
 * one that tells of types that the protocol has no number for.
 */
function columnSignature(packet: Buffer): string {
  let names = HEADER_BYTES;
  for (let i = 0; i < 6; i++) {
    const length = packet[names] ?? unknownAnswer();
    names += length < LOCAL_INFILE ? 1 + length : 3 + packet.readUInt16LE(names + 1);
  }
  const p = packet.length - DEFINITION_BYTES;
  if (p < names) unknownAnswer();
  const charset = packet.readUInt16LE(p + 1);
  const flags = packet.readUInt16LE(p + 8) & FLAGS_OF_TYPE;
  const more = packet.toString("latin1", names, p);
  return `${packet[p + 7]},${flags},${packet[p + 10]},${charset},${more};`;
}

function unknownAnswer(): never {
  throw new TailraceError(
    "SOURCE_QUERY_FAILED",
    "The server answered a query with an unknown packet.",
  );
}
