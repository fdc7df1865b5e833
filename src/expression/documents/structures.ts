/** Helpers that make lists, objects, points and truth values. */
import type { FieldType } from "../../core/target-field.ts";
import { applyStrict, bindValue } from "../apply.ts";
import { compileCast } from "../control/cast.ts";
import { toDouble, toText, toTruth } from "../convert.ts";
import type { Call, FunctionTable } from "../functions.ts";
import { fieldTypeOf, jsonTextOf } from "../to-json.ts";
import { RowError, type Typed } from "../typed.ts";
import { constantText } from "./constant-arguments.ts";

/** Arguments that a list or an object may have. */
const MANY = 1000;

/** `split`, `array`, `object`, `json`, `geo_point` and `bool`. */
export const STRUCTURE_HELPERS: FunctionTable = {
  /** `split(tags, ',')`: the parts as a list, not trimmed; no part of an empty text. */
  split: {
    arity: [2, 2],
    compile(args, call) {
      const separator = constantText(args[1]!, call, "the separator");
      if (separator === "") call.scope.refuse(args[1]!.at, "split by an empty text");
      const text = toText(args[0]!, call.scope);
      const helper = call.scope.bind((value: string) => splitText(value, separator));
      const type = { kind: "field", field: { kind: "list", of: fieldTypeOf(text.type) } } as const;
      return applyStrict([text], call, { type }, (name) => `${helper}(${name})`);
    },
  },
  /** `array(a, b, …)`: a list; NULLs are null in it. */
  array: {
    arity: [0, MANY],
    compile(args, call) {
      const fields = args.map((argument) => fieldTypeOf(argument.type));
      const of = commonField(fields);
      const items = args.map((argument) => memberText(argument, call));
      return {
        type: { kind: "field", field: { kind: "list", of } },
        isNullable: false,
        source: `("[" + ${items.join(' + "," + ') || '""'} + "]")`,
        at: call.at,
      };
    },
  },
  /** `object('k', v, …)`: an object with these members; NULLs are null in it. */
  object: {
    arity: [0, MANY],
    compile(args, call) {
      if (args.length % 2 === 1)
        call.scope.refuse(call.at, "object takes names and values in turn");
      const members: string[] = [];
      for (let i = 0; i < args.length; i += 2) {
        const name = constantText(args[i]!, call, "the name of a member");
        if (name === "") call.scope.refuse(args[i]!.at, "a member without a name");
        const before = JSON.stringify(`${i === 0 ? "" : ","}${JSON.stringify(name)}:`);
        members.push(`${before} + ${memberText(args[i + 1]!, call)}`);
      }
      return {
        type: { kind: "field", field: { kind: "json", text: false } },
        isNullable: false,
        source: `("{" + ${members.join(" + ") || '""'} + "}")`,
        at: call.at,
      };
    },
  },
  /** `json(text)`: the JSON that a text holds, as CAST(… AS JSON); a row whose text holds none fails with 3141. */
  json: {
    arity: [1, 1],
    compile: (args, call) =>
      compileCast(
        args[0]!,
        { kind: "cast", argument: call.written[0]!, to: { type: "json" }, at: call.at },
        call.scope,
      ),
  },
  /** `geo_point(latitude, longitude)`: NULL if either is; a row with a number out of range fails as ST_GeomFromText does. */
  geo_point: {
    arity: [2, 2],
    compile(args, call) {
      const [latitude, longitude] = args.map((argument) => toDouble(argument, call.scope));
      const helper = call.scope.bind(pointText);
      return applyStrict(
        [latitude!, longitude!],
        call,
        { type: { kind: "field", field: { kind: "geo_point" } } },
        (lat, lon) => `${helper}(${lat}, ${lon})`,
      );
    },
  },
  /** `bool(x)`: true or false where MySQL has 1 and 0. */
  bool: {
    arity: [1, 1],
    compile: (args, call) =>
      applyStrict(
        [toTruth(args[0]!, call.scope)],
        call,
        { type: { kind: "field", field: { kind: "boolean" } } },
        (truth) => `(${truth} ? "true" : "false")`,
      ),
  },
};

function splitText(text: string, separator: string): string {
  return text === "" ? "[]" : JSON.stringify(text.split(separator));
}

/** Source of the JSON text of a value that may be NULL. */
function memberText(argument: Typed, call: Call): string {
  if (argument.type.kind === "null") return '"null"';
  const { step, name } = bindValue(argument, call.scope);
  const text = jsonTextOf({ ...argument, source: name }, call.scope);
  const value = argument.isNullable ? `(${name} === null ? "null" : ${text})` : text;
  return step === null ? value : `(${step}, ${value})`;
}

/** What elements of these types have in common: the type that all have, or nothing that a mapping could use. */
function commonField(fields: readonly FieldType[]): FieldType {
  const [first = { kind: "any" }] = fields;
  return fields.every((field) => JSON.stringify(field) === JSON.stringify(first))
    ? first
    : { kind: "any" };
}

const ER_LONGITUDE_OUT_OF_RANGE = 3616;
const ER_LATITUDE_OUT_OF_RANGE = 3617;

function pointText(latitude: number, longitude: number): string {
  if (!(Math.abs(latitude) <= 90))
    throw new RowError(ER_LATITUDE_OUT_OF_RANGE, "a latitude beyond 90 degrees");
  if (!(Math.abs(longitude) <= 180))
    throw new RowError(ER_LONGITUDE_OUT_OF_RANGE, "a longitude beyond 180 degrees");
  return `{"lat":${latitude},"lon":${longitude}}`;
}
