import type { Call, FunctionTable, SqlFunction } from "../functions.ts";
import { toInteger } from "../numeric/convert.ts";
import { sessionText, smallInteger } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { one } from "./concat.ts";
import { byteLength, countCharacters } from "./encoding.ts";
import { isAsciiText, stringArgument, bytesArgument } from "./merge.ts";
import { applyBound, applyStrings, MAX_CHARACTERS, maxLength, sameKind } from "./strings.ts";
import { soundex } from "./soundex.ts";

const MANY = 1000;

/** Functions of a string's characters and bytes. */
export const CHARACTER_FUNCTIONS: FunctionTable = {
  length: lengthFunction(1),
  octet_length: lengthFunction(1),
  bit_length: lengthFunction(8),
  char_length: charLengthFunction(),
  character_length: charLengthFunction(),
  ascii: {
    arity: [1, 1],
    compile([text], call) {
      const bytes = bytesArgument(text!, call.scope);
      return applyBound([bytes], call, { type: smallInteger(3) }, firstByte);
    },
  },
  ord: {
    arity: [1, 1],
    compile: ([text], call) => {
      const string = stringArgument(text!, call.scope);
      const { type } = string;
      refuseUntold(string, call);
      const isWide =
        type.kind === "text" && (type.collation?.charset ?? "utf8mb4").startsWith("utf8");
      if (
        type.kind === "text" &&
        !isWide &&
        !["latin1", "ascii"].includes(type.collation?.charset ?? "")
      ) {
        return call.scope.refuse(
          call.at,
          `ord of a text in character set ${type.collation?.charset}`,
        );
      }
      // as wide as a BIGINT is to MySQL, which shows in what is computed of it
      const result = { type: { ...smallInteger(10), digits: 21 } };
      if (isWide) return applyBound([string], call, result, firstCharacter);
      return applyBound([bytesArgument(string, call.scope)], call, result, firstByte);
    },
  },
  char: {
    arity: [1, MANY],
    compile(args, call) {
      const type = { kind: "bytes", maxBytes: args.length * 4, coercibility: 4 } as const;
      const codes = args.map((argument) => toInteger(argument, call.scope).source);
      const source = `${call.scope.bind(bytesOfCodes)}([${codes.join(", ")}])`;
      return { type, isNullable: false, source, at: call.at };
    },
  },
  hex: {
    arity: [1, 1],
    compile([value], call) {
      const { scope } = call;
      const { type } = value!;
      const isNumber = type.kind === "integer" || type.kind === "decimal" || type.kind === "double";
      const from = isNumber ? toInteger(value!, scope) : bytesArgument(value!, scope);
      const digits = isNumber ? 16 : maxLength(from) * 2;
      const result = { type: asciiText(digits) };
      return applyBound([from], call, result, isNumber ? hexOfNumber : hexOfBytes);
    },
  },
  binary: {
    arity: [1, 1],
    compile([value], call) {
      const bytes = bytesArgument(value!, call.scope);
      const type = { kind: "bytes", maxBytes: maxLength(bytes), coercibility: 2 } as const;
      return { ...bytes, type, at: call.at };
    },
  },
  unhex: {
    arity: [1, 1],
    compile([text], call) {
      const string = stringArgument(text!, call.scope);
      const maxBytes = Math.ceil(maxLength(string) / 2);
      const type = { kind: "bytes", maxBytes, coercibility: 4 } as const;
      return applyStrings(one(string), [], call, {
        result: { type, mayBeNull: true },
        run: unhex,
      });
    },
  },
  quote: {
    arity: [1, 1],
    compile([text], call) {
      const string = stringArgument(text!, call.scope);
      const { type } = string;
      if (type.kind !== "text") {
        return call.scope.refuse(call.at, "quote of a binary string; write CAST(… AS CHAR)");
      }
      const quote = call.scope.bind(quoted);
      const source = `${quote}(${string.source})`;
      const quotedType = sameKind(string, maxLength(string) * 2 + 4);
      return { type: quotedType, isNullable: false, source, at: call.at };
    },
  },
  soundex: {
    arity: [1, 1],
    compile([text], call) {
      const string = stringArgument(text!, call.scope);
      refuseUntold(string, call);
      const charset = string.type.kind === "text" ? string.type.collation?.charset : undefined;
      const isUnicode = charset === undefined || charset.startsWith("utf8");
      if (string.type.kind === "text" && !isUnicode && !isAsciiText(string)) {
        call.scope.refuse(call.at, `soundex of a text in character set ${charset}`);
      }
      const isBytes = string.type.kind === "bytes";
      const run = isBytes
        ? (bytes: string) => soundex(bytes, false)
        : (chars: string) => soundex(chars, true);
      const result = { type: sameKind(string, Math.max(4, maxLength(string))) };
      return applyStrings(one(string), [], call, { result, run });
    },
  },
};

/** ASCII that a function makes of something else. */
export function asciiText(maxCharacters: number) {
  return { ...sessionText(Math.min(maxCharacters, MAX_CHARACTERS)), isAscii: true } as const;
}

function lengthFunction(unit: 1 | 8): SqlFunction {
  return {
    arity: [1, 1],
    compile([text], call) {
      const string = stringArgument(text!, call.scope);
      const result = { type: smallInteger(10) };
      const { type } = string;
      if (type.kind === "bytes") {
        return applyBound([string], call, result, unit === 1 ? lengthOfBytes : bitsOfBytes);
      }
      const charset = type.kind === "text" ? (type.collation?.charset ?? "") : "";
      const isAscii = isAsciiText(string) && !/^(?:ucs2|utf16|utf16le|utf32)$/.test(charset);
      const measure = isAscii ? lengthOfText : byteLength(charset);
      if (measure === undefined) {
        return call.scope.refuse(
          call.at,
          `the bytes of a text in character set ${charset || "unknown"}`,
        );
      }
      const run = unit === 1 ? measure : (value: string): number => measure(value) * unit;
      return applyBound([string], call, result, run);
    },
  };
}

function charLengthFunction(): SqlFunction {
  return {
    arity: [1, 1],
    compile([text], call) {
      const string = stringArgument(text!, call.scope);
      const run = string.type.kind === "bytes" ? lengthOfBytes : countCharacters;
      return applyBound([string], call, { type: smallInteger(10) }, run);
    },
  };
}

function lengthOfBytes(bytes: Uint8Array): number {
  return bytes.length;
}

function bitsOfBytes(bytes: Uint8Array): number {
  return bytes.length * 8;
}

function lengthOfText(text: string): number {
  return text.length;
}

function firstByte(bytes: Uint8Array): number {
  return bytes[0] ?? 0;
}

/** The bytes of the first character in UTF-8 as one number. */
function firstCharacter(text: string): number {
  const point = text.codePointAt(0);
  if (point === undefined) return 0;
  return Buffer.from(String.fromCodePoint(point)).reduce((number, byte) => number * 256 + byte, 0);
}

/** The bytes of the codes, which are taken modulo 2^32, without leading zeros; NULL is left out. */
function bytesOfCodes(codes: readonly (number | bigint | null)[]): Uint8Array {
  const bytes: number[] = [];
  for (const code of codes) {
    if (code === null) continue;
    const number = Number(BigInt.asUintN(32, BigInt(code)));
    if (number > 0xffffff) bytes.push(number >>> 24);
    if (number > 0xffff) bytes.push((number >>> 16) & 0xff);
    if (number > 0xff) bytes.push((number >>> 8) & 0xff);
    bytes.push(number & 0xff);
  }
  return Uint8Array.from(bytes);
}

function hexOfNumber(number: number | bigint): string {
  if (typeof number === "number" && number >= 0) return number.toString(16).toUpperCase();
  return BigInt.asUintN(64, BigInt(number)).toString(16).toUpperCase();
}

function hexOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString("hex")
    .toUpperCase();
}

function unhex(digits: string): Uint8Array | null {
  if (!/^[\da-f]*$/i.test(digits)) return null;
  return Buffer.from(digits.length % 2 === 1 ? `0${digits}` : digits, "hex");
}

const QUOTED: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\x1a": "\\Z",
  "'": "\\'",
  "\\": "\\\\",
};

/** As a literal of SQL; the word NULL of what is NULL. */
function quoted(text: string | null): string {
  if (text === null) return "NULL";
  // oxlint-disable-next-line no-control-regex -- NUL and Control-Z are what MySQL escapes
  return `'${text.replaceAll(/[\0\x1a'\\]/g, (character) => QUOTED[character] ?? character)}'`;
}

/** What depends on the character set is refused where the source does not tell it; NULL has none. */
function refuseUntold({ type }: Typed, { at, scope }: Call): void {
  if (type.kind === "text" && type.collation === null && type.coercibility !== 6)
    scope.refuse(
      at,
      "the source does not tell the character set of the text; write CONVERT(… USING utf8mb4) if that is it, or name the MySQL server behind records in source.mysql",
    );
}
