import type { TargetField } from "../core/target-field.ts";

/** The definition of one field in a mapping. */
export interface FieldMapping {
  readonly type: string;
  readonly [parameter: string]: unknown;
}

/** Definitions by field name. */
export type Properties = Readonly<Record<string, FieldMapping>>;

/** A JSON value of any shape is kept in `_source` and not looked into. */
const UNPARSED: FieldMapping = { type: "object", enabled: false };
const KEYWORD: FieldMapping = { type: "keyword" };

/** `ignore_above` counts characters: four times that in bytes is well below Lucene's 32,766 for a term. */
const SHORT_TEXT: FieldMapping = {
  type: "text",
  fields: { keyword: { type: "keyword", ignore_above: 1024 } },
};

/** Greatest scaled_float: beyond 15 digits its double loses some. */
const SCALED_FLOAT_DIGITS = 15;
/** Greatest DECIMAL(n, 0) that always fits a long. */
const LONG_DIGITS = 18;

/**
 * The field that holds a column's values. It never refuses a value that the column can have; exactness is always that of `_source`, a
 * mapping only decides how a value is found and sorted.
 *
 * | column | field | because |
 * | --- | --- | --- |
 * | TINYINT … BIGINT | `byte` `short` `integer` `integer` `long` | the smallest that holds the range |
 * | unsigned | `short` `integer` `integer` `long` `unsigned_long` | |
 * | DECIMAL as number | `scaled_float`, `long` without fraction, `double` beyond 15 digits | |
 * | DECIMAL as string | `keyword` | |
 * | FLOAT, DOUBLE, YEAR | `float`, `double`, `short` | |
 * | BIT | `long`, BIT(64) `unsigned_long` | |
 * | DATE, DATETIME, TIMESTAMP | `date` | years 1 to 9999; indexed to the millisecond |
 * | TIME | `keyword` | it has a sign and runs to 838 hours |
 * | CHAR, VARCHAR | `text` with a `keyword` sub-field | what Elasticsearch itself makes of a string: full text under the name, exact under `name.keyword` |
 * | TEXT types | `text` | no one sorts or groups by them |
 * | ENUM, SET, UUID | `keyword` | |
 * | INET4, INET6 | `ip` | |
 * | BINARY, BLOB types | `binary` | base64 |
 * | JSON | `object`, not enabled | rows may hold objects, arrays and scalars in turn; `flattened` and `flat_object` refuse the last two |
 * | geometry | `object`, not enabled | `geo_shape` refuses other reference systems than 4326 and rings that cross themselves |
 * | true and false, points (of expressions) | `boolean`, `geo_point` | |
 * | lists (of expressions) | that of their elements | a field of Elasticsearch holds any number of values |
 * | VECTOR | `float`, neither indexed nor in columns | a list of numbers is no search key |
 *
 * @see https://www.elastic.co/docs/reference/elasticsearch/mapping-reference/field-data-types
 */
export function fieldMapping(field: TargetField): FieldMapping {
  // what a rule gives is Elasticsearch's own language
  if (field.mapping !== undefined) return field.mapping as FieldMapping;
  const { type } = field;
  switch (type.kind) {
    case "list":
      return fieldMapping({ ...field, type: type.of });
    case "boolean":
    case "geo_point":
      return { type: type.kind };
    case "any":
      return UNPARSED;
    case "integer":
      return { type: integerType(type.bytes, type.unsigned) };
    case "decimal":
      return field.decimalAsString ? KEYWORD : decimalMapping(type.precision, type.scale);
    case "float":
    case "double":
      return { type: type.kind };
    case "bit":
      return { type: type.bits > 63 ? "unsigned_long" : "long" };
    case "year":
      return { type: "short" };
    case "date":
    case "datetime":
    case "timestamp":
      return { type: "date", format: "strict_date_optional_time" };
    case "inet":
      return { type: "ip" };
    case "uuid":
    case "time":
    case "enum":
    case "set":
      return KEYWORD;
    case "text":
      return type.large ? { type: "text" } : SHORT_TEXT;
    case "binary":
      return { type: "binary" };
    case "json":
    case "geometry":
      return UNPARSED;
    case "vector":
      return { type: "float", index: false, doc_values: false };
    default:
      return type satisfies never;
  }
}

/** The mapping of all fields; of two with one name the first counts. */
export function mappingOf(fields: readonly TargetField[]): Properties {
  // a column may be called __proto__ or constructor
  const properties = Object.create(null) as Record<string, FieldMapping>;
  for (const field of fields) properties[field.name] ??= fieldMapping(field);
  return properties;
}

function integerType(bytes: number, unsigned: boolean): string {
  switch (bytes) {
    case 1:
      return unsigned ? "short" : "byte";
    case 2:
      return unsigned ? "integer" : "short";
    case 3:
      return "integer";
    case 4:
      return unsigned ? "long" : "integer";
    default:
      return unsigned ? "unsigned_long" : "long";
  }
}

function decimalMapping(precision: number, scale: number): FieldMapping {
  if (scale === 0 && precision <= LONG_DIGITS) return { type: "long" };
  if (precision > SCALED_FLOAT_DIGITS) return { type: "double" };
  return { type: "scaled_float", scaling_factor: 10 ** scale };
}

/**
 * What to use where a server does not know a type (an old version, a licence, a build without the module). Each holds every value of
 * the one it stands for; `keyword` and `double` differ in how they sort and round in searches.
 */
export const SUBSTITUTES: ReadonlyMap<string, FieldMapping> = new Map([
  ["unsigned_long", KEYWORD],
  ["scaled_float", { type: "double" }],
]);

/** The properties with every field of type `unknown` replaced by its substitute; null when there is none for it. */
export function substitute(properties: Properties, unknown: string): Properties | null {
  const replacement = SUBSTITUTES.get(unknown);
  if (replacement === undefined) return null;
  return Object.fromEntries(
    Object.entries(properties).map(([name, field]) => [
      name,
      field.type === unknown ? replacement : field,
    ]),
  );
}

/** What an existing index says about a field: its type, or `object` for one with properties. */
export interface ExistingField {
  readonly type: string;
  readonly enabled: boolean;
}

/** Finds a field by its dotted name in the `properties` of an existing mapping; null when it is not there. */
export function findField(properties: unknown, name: string): ExistingField | null {
  let level = properties;
  let found: Record<string, unknown> | null = null;
  for (const part of name.split(".")) {
    if (typeof level !== "object" || level === null || !Object.hasOwn(level, part)) return null;
    const field = (level as Record<string, unknown>)[part];
    if (typeof field !== "object" || field === null) return null;
    found = field as Record<string, unknown>;
    // Nothing below an object that is not looked into needs a mapping.
    if (found["enabled"] === false) break;
    level = found["properties"];
  }
  if (found === null) return null;
  const { type } = found;
  return {
    type: typeof type === "string" ? type : "object",
    enabled: found["enabled"] !== false,
  };
}

const INTEGERS = ["byte", "short", "integer", "long"];
/** Take any number and any string. */
const STRING_TYPES = new Set(["keyword", "text", "wildcard", "match_only_text"]);
const FRACTION_TYPES = new Set(["float", "double", "scaled_float", "half_float"]);

/** Can the existing field take every value that the wanted one is meant for? */
export function accepts(existing: ExistingField, wanted: FieldMapping): boolean {
  if (!existing.enabled) return true;
  if (wanted["enabled"] === false) return false;
  const { type } = existing;
  if (type === wanted.type) return true;
  if (STRING_TYPES.has(type)) return true;
  const rank = INTEGERS.indexOf(wanted.type);
  if (rank >= 0)
    return INTEGERS.indexOf(type) > rank || type === "double" || type === "scaled_float";
  return FRACTION_TYPES.has(wanted.type) && (type === "double" || type === "scaled_float");
}
