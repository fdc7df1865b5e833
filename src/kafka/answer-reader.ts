/**
 * Reads what Kafka's flexible answers are made of, in order, from one piece of bytes (https://kafka.apache.org/protocol#protocol_types). Throws a
 * RangeError rather than read behind the end.
 */
export class AnswerReader {
  readonly bytes: Buffer;
  /** Where the next value begins. */
  position = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  int16(): number {
    this.position += 2;
    return this.bytes.readInt16BE(this.position - 2);
  }

  int32(): number {
    this.position += 4;
    return this.bytes.readInt32BE(this.position - 4);
  }

  /** An INT64 that counts something, as offsets do: below 2^53. */
  int64(): number {
    const high = this.int32();
    return high * 0x1_0000_0000 + (this.int32() >>> 0);
  }

  /** An INT64 that is an identity, as producer ids are. */
  bigInt64(): bigint {
    this.position += 8;
    return this.bytes.readBigInt64BE(this.position - 8);
  }

  /** UNSIGNED_VARINT of at most 32 bits. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes.readUInt8(this.position);
      this.position += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a varint has more than 32 bits");
  }

  /** With dashes. */
  uuid(): string {
    this.skip(16);
    const hex = this.bytes.toString("hex", this.position - 16, this.position);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** COMPACT_ARRAY, a null one as an empty one. */
  array<T>(readItem: () => T): readonly T[] {
    const items: T[] = [];
    for (let count = this.varint() - 1; count > 0; count -= 1) items.push(readItem());
    return items;
  }

  /** COMPACT_BYTES or COMPACT_RECORDS as a view, null ones as empty ones. */
  view(): Buffer {
    const length = Math.max(0, this.varint() - 1);
    this.skip(length);
    return this.bytes.subarray(this.position - length, this.position);
  }

  /** The tagged fields, none of which is looked at. */
  skipTags(): void {
    for (let count = this.varint(); count > 0; count -= 1) {
      this.varint();
      this.skip(this.varint());
    }
  }

  skip(length: number): void {
    if (this.position + length > this.bytes.length) {
      throw new RangeError("an answer ends within a value");
    }
    this.position += length;
  }
}
