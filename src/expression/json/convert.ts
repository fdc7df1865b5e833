/** Values of all types as JSON: as CAST makes it, as functions take a document, and as they take a value. */
import type { JsonValue, Moment } from "../../core/sql-value.ts";
import { applyStrict } from "../apply.ts";
import { constantOf } from "../constant.ts";
import { toText } from "../text/convert.ts";
import type { SqlType } from "../sql-type.ts";
import { formatMoment } from "../temporal/format.ts";
import type { Scope, Typed } from "../typed.ts";
import { jsonDouble, readDocument, tryRead } from "./document.ts";

const JSON_TYPE = { kind: "json" } as const satisfies SqlType;

/** The value as CAST(… AS JSON) makes it: text is parsed, everything else becomes a scalar. */
export function toJson(value: Typed, scope: Scope): Typed {
  return value.type.kind === "text" ? toDocument(value, scope) : toJsonValue(value, scope);
}

/** The value as a document: JSON, or text that is parsed. Refuses others, for which MySQL has an error. */
export function toDocument(value: Typed, scope: Scope): Typed {
  const { type } = value;
  switch (type.kind) {
    case "null":
      return constantOf(JSON_TYPE, null, value.at, scope);
    case "json":
      return value;
    case "text": {
      const known = value.constant?.value;
      if (typeof known === "string" && tryRead(known) === null) {
        const raises = "a text that is no JSON is error 3141";
        return { ...convert(value, scope, readDocument), raises };
      }
      return convert(value, scope, readDocument);
    }
    default:
      return scope.refuse(value.at, "MySQL takes JSON or a text of JSON here (error 3146)");
  }
}

/** The value as an item of a document: text becomes a string. SQL NULL stays NULL. */
export function toJsonValue(value: Typed, scope: Scope): Typed {
  if (value.json !== undefined) return value.json;
  const { type } = value;
  switch (type.kind) {
    case "null":
      return constantOf(JSON_TYPE, null, value.at, scope);
    case "json":
      return value;
    case "text":
      return convert(value, scope, stringValue);
    case "enum":
    case "set":
      return convert(toText(value, scope), scope, stringValue);
    case "integer":
      if (type.isTruth === true) return convert(value, scope, booleanValue);
      if (type.bits !== undefined) return scope.refuse(value.at, "a BIT in JSON");
      return convert(value, scope, integerValue);
    case "double":
      return convert(value, scope, jsonDouble);
    case "decimal": {
      const { kind: _kind, ...rest } = type;
      if (rest.frac !== rest.scale) return scope.refuse(value.at, "a quotient in JSON: CAST it");
      if (!showsAllDigits(value)) {
        scope.refuse(
          value.at,
          "a computed DECIMAL in JSON, which may show fewer digits than its type has: CAST it AS DECIMAL",
        );
      }
      return convert(toText(value, scope), scope, numberValue);
    }
    case "date":
      refuseChosenDate(value, scope);
      return notNumber(convert(value, scope, dateValue));
    case "time":
      return notNumber(convert(value, scope, timeValue));
    case "datetime":
      refuseChosenDate(value, scope);
      return notNumber(convert(value, scope, datetimeValue));
    case "bytes":
      return scope.refuse(value.at, "bytes in JSON");
    case "opaque":
    case "field":
      return scope.refuse(value.at, "a value that JSON does not take");
  }
}

/** Has a decimal in JSON all digits that its type has? What is known has if its last is none of the zeros that MySQL might not show. */
export function showsAllDigits({ type, isColumn, hasAllDigits, constant }: Typed): boolean {
  if (isColumn === true || hasAllDigits === true || type.kind !== "decimal") return true;
  if (type.frac === 0) return true;
  const known = constant?.value;
  return known === null || (typeof known === "bigint" && known % 10n !== 0n);
}

/** A date that a function chose is NULL in JSON if parts of it are zero, by what chose it. */
function refuseChosenDate({ isChosenDate, realDate, at }: Typed, scope: Scope): void {
  if (isChosenDate === true || realDate !== undefined) {
    scope.refuse(at, "a date that a function chose in JSON; CAST it AS DATE or DATETIME");
  }
}

/** MySQL keeps a date in JSON as one, and takes it for 0; here it is a string. */
function notNumber(value: Typed): Typed {
  return { ...value, notNumber: "a date or time in JSON as a number" };
}

function convert(value: Typed, scope: Scope, make: (value: never) => JsonValue): Typed {
  return applyStrict(
    [value],
    { at: value.at, scope },
    { type: JSON_TYPE },
    (source) => `${scope.bind(make)}(${source})`,
  );
}

function stringValue(value: string): JsonValue {
  return { kind: "string", value };
}

function booleanValue(value: number): JsonValue {
  return { kind: "boolean", value: value !== 0 };
}

function integerValue(value: number | bigint): JsonValue {
  return { kind: "number", text: String(value) };
}

function numberValue(text: string): JsonValue {
  return { kind: "number", text };
}

function dateValue(value: Moment): JsonValue {
  return stringValue(formatMoment(value, "date", 0));
}

function timeValue(value: Moment): JsonValue {
  return stringValue(formatMoment(value, "time", 6));
}

function datetimeValue(value: Moment): JsonValue {
  return stringValue(formatMoment(value, "datetime", 6));
}
