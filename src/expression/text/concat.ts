import { applyStrict, bindValue } from "../apply.ts";
import { toCount } from "../numeric/convert.ts";
import type { Call, FunctionTable } from "../functions.ts";
import { sessionText } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import { alignTo, mergeStrings, stringArgument } from "./merge.ts";
import {
  applyStrings,
  MAX_PACKET,
  maxLength,
  mayExceedPacket,
  mergedType,
  sameKind,
  withinPacket,
} from "./strings.ts";

const MANY = 1000;

/** Functions that put strings together. */
export const CONCAT_FUNCTIONS: FunctionTable = {
  concat: { arity: [1, MANY], compile: compileConcat },
  concat_ws: { arity: [2, MANY], compile: compileConcatWs },
  repeat: {
    arity: [2, 2],
    compile([text, count], call) {
      const string = stringArgument(text!, call.scope);
      const result = { type: sameKind(string, Infinity), mayBeNull: true };
      const times = toCount(count!, call.scope);
      const run = repeat;
      return applyStrings(one(string), [times], call, { result, run });
    },
  },
  space: {
    arity: [1, 1],
    compile([count], call) {
      const type = { ...sessionText(MAX_PACKET), isAscii: true } as const;
      const space = call.scope.bind(repeat);
      const times = toCount(count!, call.scope);
      return applyStrict([times], call, { type, mayBeNull: true }, (n) => `${space}(" ", ${n})`);
    },
  },
  lpad: {
    arity: [3, 3],
    compile: (args, call) => compilePad(args, call, (text, padding) => padding + text),
  },
  rpad: {
    arity: [3, 3],
    compile: (args, call) => compilePad(args, call, (text, padding) => text + padding),
  },
};

/** Strings of one kind from one. */
export function one(string: Typed): {
  readonly kind: "text" | "bytes";
  readonly args: readonly Typed[];
} {
  return { kind: string.type.kind === "bytes" ? "bytes" : "text", args: [string] };
}

function compileConcat(args: readonly Typed[], call: Call): Typed {
  const merged = mergeStrings(args, call);
  const length = merged.args.reduce((sum, argument) => sum + maxLength(argument), 0);
  const type = mergedType(merged, length);
  const mayBeNull = mayExceedPacket(length);
  if (merged.kind === "bytes") {
    const concat = call.scope.bind(concatBytes);
    return applyStrict(merged.args, call, { type, mayBeNull }, (...names) => {
      return `${concat}([${names.join(", ")}])`;
    });
  }
  return applyStrict(merged.args, call, { type, mayBeNull }, (...names) => {
    const all = `("" + ${names.join(" + ")})`;
    return mayBeNull ? `${call.scope.bind(withinPacket)}${all}` : all;
  });
}

function concatBytes(parts: readonly Uint8Array[]): Uint8Array | null {
  const whole = Buffer.concat(parts);
  return whole.length > MAX_PACKET ? null : whole;
}

/** What is NULL is left out; a separator that is NULL makes all of it NULL. */
function compileConcatWs(args: readonly Typed[], call: Call): Typed {
  const { scope, at } = call;
  const merged = mergeStrings(args, call);
  const [separator, ...parts] = merged.args;
  const separators = (parts.length - 1) * maxLength(separator!);
  const length = parts.reduce((sum, part) => sum + maxLength(part), separators);
  const join = scope.bind(merged.kind === "text" ? joinTexts : joinBytes);
  const { step, name } = bindValue(separator!, scope);
  const list = `[${parts.map((part) => part.source).join(", ")}]`;
  const joined = `${join}(${name}, ${list})`;
  const isNullable = separator!.isNullable || mayExceedPacket(length);
  const value = separator!.isNullable ? `${name} === null ? null : ${joined}` : joined;
  const source = step === null ? `(${value})` : `(${step}, ${value})`;
  return { type: mergedType(merged, length), isNullable, source, at };
}

function joinTexts(separator: string, parts: readonly (string | null)[]): string | null {
  return withinPacket(parts.filter((part) => part !== null).join(separator));
}

function joinBytes(
  separator: Uint8Array,
  parts: readonly (Uint8Array | null)[],
): Uint8Array | null {
  const present = parts.filter((part) => part !== null);
  return concatBytes(present.flatMap((part, i) => (i === 0 ? [part] : [separator, part])));
}

function repeat(text: string, count: number): string | null {
  if (count <= 0 || text === "") return "";
  return Buffer.byteLength(text) * count > MAX_PACKET ? null : text.repeat(count);
}

/** Bytes that MySQL reckons for each character that is added. */
const PAD_BYTES: Readonly<Record<string, number>> = {
  utf8mb4: 4,
  utf16: 4,
  utf32: 4,
  utf16le: 4,
  utf8mb3: 3,
};

/** The text and what is missing in its length, put together. */
type Join = (text: string, padding: string) => string;

function compilePad([text, length, fill]: readonly Typed[], call: Call, join: Join): Typed {
  const { scope } = call;
  const string = stringArgument(text!, scope);
  const filler = alignTo(string, fill!, scope);
  const { type } = string;
  const charset = type.kind === "text" ? (type.collation?.charset ?? "utf8mb4") : "binary";
  const fillBytes = PAD_BYTES[charset] ?? 1;
  const result = { type: sameKind(string, Infinity, [filler]), mayBeNull: true };
  const strings = { ...one(string), args: [string, filler] };
  const run = (subject: string, padding: string, count: number): string | null =>
    padTo(subject, padding, { count, fillBytes, join });
  return applyStrings(strings, [toCount(length!, scope)], call, { result, run });
}

function padTo(
  text: string,
  fill: string,
  { count, fillBytes, join }: { count: number; fillBytes: number; join: Join },
): string | null {
  if (count < 0) return null;
  const characters = Array.from(text);
  const missing = count - characters.length;
  if (missing <= 0) return characters.slice(0, count).join("");
  if (missing * fillBytes + Buffer.byteLength(text) > MAX_PACKET) return null;
  const filler = Array.from(fill);
  if (filler.length === 0) return text;
  const whole = fill.repeat(Math.floor(missing / filler.length));
  return join(text, whole + filler.slice(0, missing % filler.length).join(""));
}
