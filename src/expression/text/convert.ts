import { applyStrict } from "../apply.ts";
import { constantOf } from "../constant.ts";
import { formatJson } from "../json/format.ts";
import { SESSION_COLLATION, type SqlType, type TextType } from "../sql-type.ts";
import type { Scope, Typed } from "../typed.ts";
import { bitsToBytes, bytesOfText, textOfBytes } from "./encoding.ts";
import { numberToText } from "./from-number.ts";
import { momentToText } from "./from-temporal.ts";
import { setLabels } from "./labels.ts";

/** What JSON is in string functions. */
const JSON_TEXT: TextType = {
  kind: "text",
  collation: { name: "utf8mb4_bin", charset: "utf8mb4" },
  coercibility: 2,
  maxCharacters: 1_073_741_823,
};

/** The value as a character string: that of a binary string is its bytes as UTF-8, NULL where they are none (CAST AS CHAR). */
export function toText(value: Typed, scope: Scope): Typed {
  const string = toStringValue(value, scope);
  if (string.type.kind === "text") return string;
  const type = textType(string.type.kind === "bytes" ? string.type.maxBytes : 0, 2);
  return convert(string, scope, { type, mayBeNull: true, run: textOfBytes });
}

/** The value as a binary string: the bytes of a character string in its character set. */
export function toBytes(value: Typed, scope: Scope): Typed {
  const string = toStringValue(value, scope);
  if (string.type.kind !== "text") return string;
  const { collation, coercibility, maxCharacters } = string.type;
  const charset = collation?.charset ?? "";
  const encode = bytesOfText(charset);
  if (encode === undefined) {
    scope.refuse(value.at, `the bytes of a text in character set ${charset || "unknown"}`);
  }
  const type = { kind: "bytes", maxBytes: maxCharacters * 4, coercibility } as const;
  return convert(string, scope, { type, run: encode });
}

/** The value as the string that MySQL takes it for in string functions: a binary one of BIT and of binary strings, else a character string. */
export function toStringValue(value: Typed, scope: Scope): Typed {
  const { type, at } = value;
  if (value.text !== undefined) return value.text;
  switch (type.kind) {
    case "text":
    case "bytes":
      return value;
    case "null":
      return constantOf(textType(0, 6), null, at, scope);
    case "integer":
    case "decimal":
    case "double":
      if (type.kind === "integer" && type.bits !== undefined) {
        const maxBytes = Math.ceil(type.bits / 8);
        const bytes = { kind: "bytes", maxBytes, coercibility: 2 } as const;
        return convert(value, scope, { type: bytes, run: bitsToBytes(maxBytes) });
      }
      return convert(value, scope, numberToText(type));
    case "date":
    case "time":
    case "datetime":
      return convert(value, scope, momentToText(type));
    case "json":
      return convert(value, scope, { type: JSON_TEXT, run: formatJson });
    case "enum":
    case "set":
      return labelsText(value, type, scope);
    case "opaque":
      return scope.refuse(at, `a value of type ${type.name} is no text`);
    case "field":
      return scope.refuse(at, "what only documents have is no text");
  }
}

function labelsText(
  value: Typed,
  type: Extract<SqlType, { kind: "enum" | "set" }>,
  scope: Scope,
): Typed {
  const { kind, members, collation } = type;
  const lengths = members.map((label) => Array.from(label).length);
  const maxCharacters =
    kind === "enum"
      ? Math.max(0, ...lengths)
      : lengths.reduce((sum, length) => sum + length + 1, 0);
  const text = { kind: "text", collation, coercibility: 2, maxCharacters } as const;
  if (kind === "enum") {
    const labels = scope.bind(["", ...members]);
    return applyStrict([value], { at: value.at, scope }, { type: text }, (name) => {
      return `${labels}[${name}]`;
    });
  }
  return convert(value, scope, { type: text, run: setLabels(members) });
}

/** A conversion by a function of the value alone. */
export interface Conversion<Value> {
  readonly type: SqlType;
  readonly run: (value: Value) => unknown;
  readonly mayBeNull?: true;
}

function convert(value: Typed, scope: Scope, conversion: Conversion<never>): Typed {
  const { type, run, mayBeNull } = conversion;
  if (value.constant !== undefined && value.constant.value !== null) {
    const made = run(value.constant.value as never) as string | Uint8Array | null;
    return constantOf(type, made, value.at, scope);
  }
  const place = { at: value.at, scope };
  const result = { type, mayBeNull: mayBeNull === true };
  const converted = applyStrict([value], place, result, (name) => `${scope.bind(run)}(${name})`);
  return value.constant === undefined ? converted : constantOf(type, null, value.at, scope);
}

function textType(maxCharacters: number, coercibility: number): TextType {
  return { kind: "text", collation: SESSION_COLLATION, coercibility, maxCharacters };
}
