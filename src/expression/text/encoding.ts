/** Bytes of character strings in MySQL's character sets, and back. */

const UTF8 = new TextEncoder();
const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text that the bytes are as UTF-8; null where they are none. */
export function textOfBytes(bytes: Uint8Array): string | null {
  try {
    return STRICT_UTF8.decode(bytes);
  } catch {
    return null;
  }
}

/** The bytes of a BIT column with so many bytes. */
export function bitsToBytes(length: number): (bits: bigint) => Uint8Array {
  return (bits) => Buffer.from(bits.toString(16).padStart(length * 2, "0"), "hex");
}

/** Writes a text in a character set; undefined where no encoder is known. What it has no character for becomes `?`, as in MySQL. */
export function bytesOfText(charset: string): ((text: string) => Uint8Array) | undefined {
  switch (charset) {
    case "utf8mb4":
    case "utf8mb3":
    case "ascii":
      return (text) => UTF8.encode(text);
    case "latin1":
      return encodeLatin1;
    case "utf16le":
      return (text) => Buffer.from(text, "utf16le");
    case "ucs2":
    case "utf16":
      return (text) => Buffer.from(text, "utf16le").swap16();
    case "utf32":
      return encodeUtf32;
    default:
      return undefined;
  }
}

/** How many bytes a text has in a character set; undefined where that is not known. */
export function byteLength(charset: string): ((text: string) => number) | undefined {
  switch (charset) {
    case "utf8mb4":
    case "utf8mb3":
      return (text) => Buffer.byteLength(text);
    case "ucs2":
    case "utf16":
    case "utf16le":
      return (text) => text.length * 2;
    case "utf32":
      return (text) => countCharacters(text) * 4;
    case "gbk":
    case "gb2312":
    case "big5":
    case "euckr":
      return (text) => doubleByteLength(text);
    default:
      return SINGLE_BYTE.has(charset) ? countCharacters : undefined;
  }
}

/** How many characters a text has. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) count--;
  }
  return count;
}

const SINGLE_BYTE: ReadonlySet<string> = new Set(
  (
    "armscii8 ascii cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 dec8 geostd8 greek hebrew hp8 keybcs2 " +
    "koi8r koi8u latin1 latin2 latin5 latin7 macce macroman swe7 tis620"
  ).split(" "),
);

function doubleByteLength(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) length += text.charCodeAt(i) < 0x80 ? 1 : 2;
  return length;
}

let latin1Bytes: ReadonlyMap<string, number> | undefined;

/** MySQL's latin1 is Windows-1252, and the five bytes that it leaves free are the control characters with their number. */
function encodeLatin1(text: string): Uint8Array {
  latin1Bytes ??= new Map(
    Array.from(
      new TextDecoder("windows-1252").decode(Uint8Array.from({ length: 256 }, (_, i) => i)),
    ).map((character, byte) => [character, byte] as const),
  );
  const known = latin1Bytes;
  return Uint8Array.from(Array.from(text), (character) => known.get(character) ?? 0x3f);
}

function encodeUtf32(text: string): Uint8Array {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const bytes = Buffer.alloc(points.length * 4);
  points.forEach((point, i) => bytes.writeUInt32BE(point, i * 4));
  return bytes;
}
