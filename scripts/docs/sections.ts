import type { JsonSchema } from "../../src/config/known-keys.ts";

/** One key of a section. */
export interface Key {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
  /** Shown in the example although it is optional and has no default. */
  readonly isPreferred: boolean;
}

/** A table of the configuration file; for a section whose `type` decides there is one of each type. */
export interface Section {
  /** As a heading: `` `[state]` with `type = "file"` ``. */
  readonly title: string;
  /** As in the file: `[state]`; empty for the keys before the first section. */
  readonly header: string;
  readonly description: string;
  /** The section as a whole may be left out and is not shown in the example. */
  readonly isOptional: boolean;
  readonly keys: readonly Key[];
}

/** Optional keys that nearly everybody sets. */
const PREFERRED = new Set(["source.url", "rules.table", "rules.index"]);

/** The sections of the configuration in the order in which they are written in a file. */
export function readSections(root: JsonSchema): readonly Section[] {
  return sectionsBelow(root, []);
}

function sectionsBelow(schema: JsonSchema, path: readonly string[], isList = false): Section[] {
  const entries = Object.entries(schema.properties ?? {});
  const isTable = ([, inner]: readonly [string, JsonSchema]): boolean => tablesOf(inner).length > 0;
  const keys = entries
    .filter((entry) => !isTable(entry))
    .map(([name, inner]) => ({
      name,
      schema: inner,
      isRequired: schema.required?.includes(name) ?? false,
      isPreferred: PREFERRED.has([...path, name].join(".")),
    }));
  const name = path.join(".");
  const header = path.length === 0 ? "" : isList ? `[[${name}]]` : `[${name}]`;
  const own: Section = {
    title: header === "" ? "Top level" : `\`${header}\``,
    header,
    description: path.length === 0 ? "" : (schema.description ?? ""),
    isOptional: false,
    keys,
  };
  const inner = entries.filter(isTable).flatMap(([key, value]) => {
    const tables = tablesOf(value);
    return tables.flatMap((table, i): Section[] => {
      const isOmitted = value.type === "object" || schema.required?.includes(key) !== true;
      const isOptional = i > 0 || (isOmitted && !isGivenByDefault(value));
      const sections = sectionsBelow(
        { ...table, description: value.description ?? "" },
        [...path, key],
        value.items !== undefined,
      );
      return sections.map((section) => ({
        ...section,
        title: tables.length > 1 ? `${section.title} with ${typeOf(table)}` : section.title,
        isOptional: section.isOptional || isOptional || isChosenByDefault(schema, key, value),
      }));
    });
  });
  return [own, ...inner];
}

/** The tables that a key may hold: one, or one of each type; none when it holds a plain value. */
function tablesOf(schema: JsonSchema): readonly JsonSchema[] {
  const table = schema.items ?? schema;
  const variants = table.oneOf ?? [table];
  return variants.filter((variant) => variant.properties !== undefined);
}

function isGivenByDefault(schema: JsonSchema): boolean {
  return schema.default !== undefined;
}

/** A section of several types that is neither required nor has a default of its own. */
function isChosenByDefault(parent: JsonSchema, key: string, value: JsonSchema): boolean {
  return (
    value.oneOf !== undefined &&
    value.default === undefined &&
    parent.required?.includes(key) !== true
  );
}

function typeOf(table: JsonSchema): string {
  return `\`type = ${JSON.stringify(table.properties?.["type"]?.const)}\``;
}
