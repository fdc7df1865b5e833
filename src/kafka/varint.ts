/** How many bytes a signed number takes as a zigzag varint or varlong; exact for safe integers. */
export function sizeOfVarint(value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let size = 1;
  for (; rest >= 0x80; size += 1) rest = Math.floor(rest / 0x80);
  return size;
}

/** Writes a signed number as a zigzag varint or varlong and returns the offset behind it; exact for safe integers. The room must be there. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let offset = at;
  while (rest > 0x7fffffff) {
    bytes[offset] = (rest % 0x80) | 0x80;
    offset += 1;
    rest = Math.floor(rest / 0x80);
  }
  while (rest >= 0x80) {
    bytes[offset] = (rest & 0x7f) | 0x80;
    offset += 1;
    rest >>>= 7;
  }
  bytes[offset] = rest;
  return offset + 1;
}

/** Reads zigzag varints one after another, never behind `end`. */
export class VarintReader {
  bytes: Buffer;
  /** Where the next one begins. */
  at: number;
  end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** A signed number; of a varlong beyond the safe integers the nearest double. Throws a RangeError when the bytes end before it does. */
  next(): number {
    const { bytes, end } = this;
    let at = this.at;
    if (at >= end) throw new RangeError("a varint lies behind the end");
    let byte = bytes[at++]!;
    if (byte < 0x80) {
      this.at = at;
      return (byte >>> 1) ^ -(byte & 1);
    }
    let value = byte & 0x7f;
    let factor = 0x80;
    do {
      if (at >= end) throw new RangeError("a varint ends behind the end");
      byte = bytes[at++]!;
      value += (byte & 0x7f) * factor;
      factor *= 0x80;
      if (factor > 2 ** 70) throw new RangeError("a varint has more than ten bytes");
    } while (byte >= 0x80);
    this.at = at;
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
