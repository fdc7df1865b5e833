/** Functions that read JSON documents. */
import type { JsonValue } from "../../core/sql-value.ts";
import { constantOf } from "../constant.ts";
import { toText } from "../convert.ts";
import type { Call, FunctionTable, SqlFunction } from "../functions.ts";
import { smallInteger, TRUTH, type Collation, type TextType } from "../sql-type.ts";
import type { Typed } from "../typed.ts";
import {
  comparable,
  JSON_TYPE,
  jsonFunction,
  literalPath,
  nullOf,
  placePath,
  toPlainDocument,
} from "./arguments.ts";
import { contains, isMember, overlaps } from "./compare.ts";
import { toDocument } from "./convert.ts";
import { depthOf, readDocument, tryRead } from "./document.ts";
import { prettyJson, quoteJson, unquoteJson } from "./format.ts";
import { isMany, seek, type JsonPath } from "./path.ts";

/** The collation of texts taken out of JSON. */
const JSON_COLLATION: Collation = { name: "utf8mb4_bin", charset: "utf8mb4" };
const VALUE_COLLATION: Collation = { name: "utf8mb4_0900_bin", charset: "utf8mb4" };
/** Most characters of a LONGTEXT in utf8mb4. */
const LONG = 1_073_741_823;
/** Truth values that MySQL gives the width of a BIGINT. */
const WIDE_TRUTH = { ...TRUTH, digits: 20 } as const;
const COUNT = smallInteger(20);

function jsonText(maxCharacters: number, collation = JSON_COLLATION): TextType {
  return { kind: "text", collation, coercibility: 4, maxCharacters };
}

/** Functions that read documents. */
export const READING_FUNCTIONS: FunctionTable = {
  json_extract: {
    arity: [2, Infinity],
    compile: ([document, ...paths], call) => extract(document!, paths, call),
  },
  "->": { arity: [2, 2], compile: ([column, path], call) => extract(column!, [path!], call) },
  "->>": {
    arity: [2, 2],
    compile: ([column, path], call) => unquote(extract(column!, [path!], call), call),
  },
  json_unquote: { arity: [1, 1], compile: ([value], call) => unquote(value!, call) },
  json_value: {
    arity: [2, 2],
    compile([document, path], call) {
      const legs = literalPath(path!, call.scope);
      const type = jsonText(512, VALUE_COLLATION);
      if (legs === null) return call.scope.refuse(path!.at, "NULL as a path is an error here");
      const { kind } = document!.type;
      if (document!.notNumber !== undefined) {
        call.scope.refuse(document!.at, "json_value of a computed date or text; CAST it AS CHAR");
      }
      if (kind !== "json" && kind !== "text" && kind !== "null") {
        call.scope.refuse(document!.at, "json_value takes JSON or a text of JSON here");
      }
      const run = (value: JsonValue | string): string | null => {
        const parsed = typeof value === "string" ? tryRead(value) : value;
        return parsed === null ? null : valueAt(parsed, legs);
      };
      return jsonFunction([document!], call, { type, mayBeNull: true }, run);
    },
  },
  json_contains: {
    arity: [2, 3],
    compile([target, candidate, path], call) {
      const legs = path === undefined ? [] : placePath(path, call.scope);
      if (legs === null) return nullOf(WIDE_TRUTH, call);
      const run = (document: JsonValue, wanted: JsonValue): number | null => {
        const [found] = seek(document, legs);
        return found === undefined ? null : Number(contains(found, wanted));
      };
      const args = [target!, candidate!].map((value) => toPlainDocument(value, call.scope));
      return jsonFunction(args, call, { type: WIDE_TRUTH, mayBeNull: true }, run);
    },
  },
  json_contains_path: { arity: [3, Infinity], compile: compileContainsPath },
  json_overlaps: truth(
    2,
    (args, call) => args.map((value) => toPlainDocument(value, call.scope)),
    overlaps,
  ),
  "member of": truth(
    2,
    ([value, array], call) => {
      const { kind } = value!.type;
      if (kind === "date" || kind === "time" || kind === "datetime") {
        call.scope.refuse(
          value!.at,
          "a date or time is not the string that JSON has of it: CAST it AS CHAR",
        );
      }
      return [comparable(value!, call.scope), toPlainDocument(array!, call.scope)];
    },
    isMember,
  ),
  json_length: atPlace(COUNT, (value) => lengthOf(value), true),
  json_keys: atPlace(JSON_TYPE, keysOf, false),
  json_depth: {
    arity: [1, 1],
    compile: ([document], call) =>
      jsonFunction([toDocument(document!, call.scope)], call, { type: COUNT }, depthOf),
  },
  json_valid: {
    arity: [1, 1],
    compile([value], call) {
      switch (value!.type.kind) {
        case "null":
          return nullOf(WIDE_TRUTH, call);
        case "json":
          return jsonFunction([value!], call, { type: WIDE_TRUTH }, () => 1);
        case "text":
          return jsonFunction([value!], call, { type: WIDE_TRUTH }, isValid);
        case "bytes":
          return call.scope.refuse(value!.at, "bytes as a text of JSON");
        default:
          // whatever it is, NULL too
          return constantOf(WIDE_TRUTH, 0, call.at, call.scope);
      }
    },
  },
  json_quote: {
    arity: [1, 1],
    compile([value], call) {
      const text = textArgument(value!, call);
      const length = text.type.kind === "text" ? text.type.maxCharacters : 0;
      return jsonFunction([text], call, { type: jsonText(length * 6 + 2) }, quoteJson);
    },
  },
  json_pretty: {
    arity: [1, 1],
    compile: ([document], call) =>
      jsonFunction(
        [toDocument(document!, call.scope)],
        call,
        { type: jsonText(67_108_864) },
        (value: JsonValue) => prettyJson(value),
      ),
  },
  json_type: refused(
    "which of MySQL's types a number or a date in JSON has (INTEGER or UNSIGNED INTEGER, DOUBLE or DECIMAL, STRING or DATE) cannot be told from its text",
  ),
  json_storage_size: refused("how many bytes MySQL stores is not known here"),
  json_storage_free: refused("how many bytes MySQL stores is not known here"),
  json_schema_valid: refused("schemas of JSON are not known here"),
  json_schema_validation_report: refused("schemas of JSON are not known here"),
  json_search: refused("searching by LIKE in all of a document"),
};

function refused(why: string): SqlFunction {
  return {
    arity: [0, Infinity],
    compile: (_, call) => call.scope.refuse(call.at, `${call.name}: ${why}`),
  };
}

function truth(
  count: number,
  convert: (args: readonly Typed[], call: Call) => readonly Typed[],
  run: (a: JsonValue, b: JsonValue) => boolean,
): SqlFunction {
  const asNumber = (a: JsonValue, b: JsonValue): number => Number(run(a, b));
  return {
    arity: [count, count],
    compile: (args, call) => jsonFunction(convert(args, call), call, { type: TRUTH }, asNumber),
  };
}

/** A function of a document and, if given, of the place in it that a path leads to; with `isWrapping` what is no array counts as one. */
function atPlace(
  type: typeof COUNT | typeof JSON_TYPE,
  read: (value: JsonValue) => unknown,
  isWrapping: boolean,
): SqlFunction {
  return {
    arity: [1, 2],
    compile([document, path], call) {
      const parse = isWrapping ? literalPath : placePath;
      const legs = path === undefined ? [] : parse(path, call.scope);
      if (legs === null) return nullOf(type, call);
      if (isWrapping && isMany(legs))
        call.scope.refuse(path!.at, "a path with * or ** or a range here");
      const run = (value: JsonValue): unknown => {
        const found = isWrapping ? seek(value, legs)[0] : seekStrictly(value, legs);
        return found === undefined ? null : read(found);
      };
      return jsonFunction(
        [toDocument(document!, call.scope)],
        call,
        { type, mayBeNull: true },
        run,
      );
    },
  };
}

function extract(document: Typed, paths: readonly Typed[], call: Call): Typed {
  const legs = paths.map((path) => literalPath(path, call.scope));
  const whole = toDocument(document, call.scope);
  const known = legs.filter((path) => path !== null);
  if (known.length < legs.length) return nullOf(JSON_TYPE, call);
  const [only, ...others] = known;
  const isSingle = only !== undefined && others.length === 0 && !isMany(only);
  const run = isSingle
    ? (value: JsonValue) => seek(value, only)[0] ?? null
    : (value: JsonValue) => listAt(value, known);
  return jsonFunction([whole], call, { type: JSON_TYPE, mayBeNull: true }, run);
}

function listAt(value: JsonValue, paths: readonly JsonPath[]): JsonValue | null {
  const items = paths.flatMap((path) => seek(value, path));
  return items.length === 0 ? null : { kind: "array", items };
}

function unquote(value: Typed, call: Call): Typed {
  switch (value.type.kind) {
    case "null":
      return nullOf(jsonText(0), call);
    case "json":
      return jsonFunction([value], call, { type: jsonText(LONG) }, unquoteJson);
    default: {
      const text = textArgument(value, call);
      const length = text.type.kind === "text" ? text.type.maxCharacters : 0;
      return jsonFunction([text], call, { type: jsonText(length) }, unquoteText);
    }
  }
}

function textArgument(value: Typed, call: Call): Typed {
  const { kind } = value.type;
  if (kind !== "text" && kind !== "enum" && kind !== "set" && kind !== "null") {
    call.scope.refuse(value.at, `${call.name} takes a text (MySQL's error 3064)`);
  }
  return toText(value, call.scope);
}

/** A text in quotes is a string of JSON, any other is what it is. */
function unquoteText(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  return unquoteJson(readDocument(text));
}

function valueAt(value: JsonValue, path: JsonPath): string | null {
  const found = seek(value, path);
  const [only] = found;
  if (only === undefined || found.length > 1 || only.kind === "null") return null;
  const text = unquoteJson(only);
  return Array.from(text).length > 512 ? null : text;
}

function lengthOf(value: JsonValue): number {
  if (value.kind === "array") return value.items.length;
  return value.kind === "object" ? value.members.size : 1;
}

/** As {@link seek}, but only an array has items. */
function seekStrictly(value: JsonValue, path: JsonPath): JsonValue | undefined {
  let found: JsonValue | undefined = value;
  for (const leg of path) {
    if (found === undefined || (leg.kind === "cell" && found.kind !== "array")) return undefined;
    [found] = seek(found, [leg]);
  }
  return found;
}

function keysOf(value: JsonValue): JsonValue | null {
  if (value.kind !== "object") return null;
  return {
    kind: "array",
    items: Array.from(value.members.keys(), (name) => ({ kind: "string", value: name })),
  };
}

function isValid(text: string): number {
  const value = tryRead(text);
  return value === null || depthOf(value) > 100 ? 0 : 1;
}

function compileContainsPath([document, mode, ...paths]: readonly Typed[], call: Call): Typed {
  const { scope } = call;
  const word = mode!.constant?.value;
  const wanted = typeof word === "string" ? word.toLowerCase() : null;
  if (wanted !== "one" && wanted !== "all") {
    return scope.refuse(mode!.at, "json_contains_path takes 'one' or 'all'");
  }
  const legs = paths.map((path) => literalPath(path, scope));
  if (legs.includes(null)) return scope.refuse(call.at, "NULL as a path");
  const known = legs as readonly JsonPath[];
  const run = (value: JsonValue): number => {
    const isFound = (path: JsonPath): boolean => seek(value, path).length > 0;
    return Number(wanted === "one" ? known.some(isFound) : known.every(isFound));
  };
  return jsonFunction([toDocument(document!, scope)], call, { type: WIDE_TRUTH }, run);
}
