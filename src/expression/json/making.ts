/** Functions that make and change JSON documents. */
import type { JsonValue } from "../../core/sql-value.ts";
import { applyStrict } from "../apply.ts";
import { toText } from "../convert.ts";
import type { Call, FunctionTable, SqlFunction } from "../functions.ts";
import { RowError, type Typed } from "../typed.ts";
import { JSON_TYPE, jsonFunction, nullOf, placePath, restrictionOf, toItem } from "./arguments.ts";
import { toDocument } from "./convert.ts";
import { jsonObject } from "./document.ts";
import {
  appendAt,
  arrayInsertAt,
  insertAt,
  mergePatch,
  mergePreserve,
  removeAt,
  replaceAt,
  setAt,
} from "./edit.ts";
import type { JsonPath } from "./path.ts";

/** Functions that make and change documents. */
export const MAKING_FUNCTIONS: FunctionTable = {
  json_array: {
    arity: [0, Infinity],
    compile(args, call) {
      const items = args.map((value) => toItem(value, call.scope));
      const array = applyStrict(
        items,
        call,
        { type: JSON_TYPE },
        (...sources) => `{ kind: "array", items: [${sources.join(", ")}] }`,
      );
      return { ...array, ...restrictionOf(items) };
    },
  },
  json_object: { arity: [0, Infinity], compile: compileObject },
  json_set: edit(eager(setAt)),
  json_insert: edit(insertAt, undefined, true),
  json_replace: edit(eager(replaceAt)),
  json_array_append: edit(appendAt, undefined, true),
  json_array_insert: edit(arrayInsertAt, (path, { scope }, at) => {
    if (path.at(-1)?.kind !== "cell")
      scope.refuse(at, "a path that does not end with a place in an array");
  }),
  json_remove: {
    arity: [2, Infinity],
    compile([document, ...paths], call) {
      const places = paths.map((path) => placePath(path, call.scope));
      const whole = toDocument(document!, call.scope);
      const known = places.filter((path) => path !== null);
      if (known.length < places.length) return nullOf(JSON_TYPE, call);
      known.forEach((path, i) => {
        if (path.length === 0)
          call.scope.refuse(paths[i]!.at, "the whole document cannot be removed");
      });
      const run = (value: JsonValue): JsonValue => known.reduce(removeAt, value);
      return jsonFunction([whole], call, { type: JSON_TYPE }, run);
    },
  },
  json_merge_preserve: merge(mergePreserve),
  json_merge: merge(mergePreserve),
  json_merge_patch: {
    arity: [2, Infinity],
    compile(args, call) {
      const { scope } = call;
      const documents = args.map((value) => toDocument(value, scope));
      const sources = documents.map(({ source }) => source).join(", ");
      return {
        type: JSON_TYPE,
        isNullable: documents.some(({ isNullable }) => isNullable),
        source: `${scope.bind(patchAll)}([${sources}])`,
        ...restrictionOf(documents),
        at: call.at,
      };
    },
  },
};

function merge(run: (a: JsonValue, b: JsonValue) => JsonValue): SqlFunction {
  const all = (...values: JsonValue[]): JsonValue => values.reduce(run);
  return {
    arity: [2, Infinity],
    compile: (args, call) =>
      jsonFunction(
        args.map((value) => toDocument(value, call.scope)),
        call,
        { type: JSON_TYPE },
        all,
      ),
  };
}

/** NULL makes the result NULL, unless a later patch is no object and so replaces all. */
function patchAll(values: readonly (JsonValue | null)[]): JsonValue | null {
  return values.reduce((target, patch) => {
    if (patch === null) return null;
    if (target === null) return patch.kind === "object" ? null : patch;
    return mergePatch(target, patch);
  });
}

type Edit = (document: JsonValue, path: JsonPath, value: () => JsonValue) => JsonValue;

/** With the value evaluated even where it is not put. */
function eager(change: Edit): Edit {
  return (document, path, value) => {
    const item = value();
    return change(document, path, () => item);
  };
}

/** A function of a document and pairs of a path and a value. */
function edit(
  change: Edit,
  check: (path: JsonPath, call: Call, at: number) => void = () => {},
  isLazy = false,
): SqlFunction {
  return {
    arity: [3, Infinity],
    compile([document, ...rest], call) {
      const { scope, at } = call;
      if (rest.length % 2 !== 0)
        scope.refuse(at, `${call.name} takes a document and pairs of a path and a value`);
      const paths: JsonPath[] = [];
      const values: Typed[] = [];
      let hasNull = false;
      for (let i = 0; i < rest.length; i += 2) {
        const path = placePath(rest[i]!, scope);
        if (path === null) hasNull = true;
        else check(path, call, rest[i]!.at);
        paths.push(path ?? []);
        const value = rest[i + 1]!;
        const isSimple = value.isColumn === true || value.constant !== undefined;
        if (isLazy && !isSimple && (value.type.kind === "json" || value.type.kind === "double")) {
          scope.refuse(value.at, `a computed value that may end with an error in ${call.name}`);
        }
        values.push(toItem(value, scope));
      }
      const whole = toDocument(document!, scope);
      if (hasNull) return nullOf(JSON_TYPE, call);
      const run = (value: JsonValue, ...items: (() => JsonValue)[]): JsonValue =>
        items.reduce((result, item, i) => change(result, paths[i]!, item), value);
      // JSON_INSERT and the functions of arrays evaluate a value only where it is put
      const edited = applyStrict([whole], call, { type: JSON_TYPE }, (source) => {
        const items = values.map((value) => `() => ${value.source}`);
        return `${scope.bind(run)}(${[source, ...items].join(", ")})`;
      });
      return { ...edited, ...restrictionOf([whole, ...values]) };
    },
  };
}

function compileObject(args: readonly Typed[], call: Call): Typed {
  const { scope, at } = call;
  if (args.length % 2 !== 0) scope.refuse(at, "json_object takes pairs of a name and a value");
  const items: Typed[] = [];
  const sources = args.map((value, i) => {
    if (i % 2 === 1) {
      const item = toItem(value, scope);
      items.push(item);
      return item.source;
    }
    if (value.type.kind === "bytes" || value.type.kind === "json") {
      scope.refuse(value.at, "the name of a member must be a text");
    }
    const name = toText(value, scope);
    return name.isNullable ? `${scope.bind(memberName)}(${name.source})` : name.source;
  });
  const pairs = [];
  for (let i = 0; i < sources.length; i += 2) pairs.push(`[${sources[i]}, ${sources[i + 1]}]`);
  return {
    type: JSON_TYPE,
    isNullable: false,
    source: `${scope.bind(jsonObject)}([${pairs.join(", ")}])`,
    ...restrictionOf(items),
    at,
  };
}

function memberName(name: string | null): string {
  if (name === null) throw new RowError(3158, "JSON documents may not contain NULL member names");
  return name;
}
