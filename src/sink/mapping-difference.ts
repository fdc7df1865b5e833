import { isDeepStrictEqual } from "node:util";
import { TailraceError } from "../core/errors.ts";
import { reasonOf, type JsonClient } from "../core/json-client.ts";
import { accepts, findField, substitute, type FieldMapping, type Properties } from "./mapping.ts";

/** An index as it is. */
export interface LiveMapping {
  /** Its own name, whatever alias or pattern found it. */
  readonly index: string;
  readonly dynamic: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A field that is not mapped as it should be. */
export interface FieldDifference {
  readonly field: string;
  readonly wanted: FieldMapping;
  readonly existing: Readonly<Record<string, unknown>>;
  /** All values of the column go into it as it is. */
  readonly fits: boolean;
}

/** How an index differs from the mapping that rules imply. */
export interface MappingDifference {
  readonly index: string;
  readonly missing: Properties;
  readonly different: readonly FieldDifference[];
  /** Fields that no rule writes, with their types. */
  readonly extra: Readonly<Record<string, string>>;
}

/** The mappings of the indices behind a name, an alias or a pattern with `*`; none where there is no such index. Throws BULK_*. */
export async function readMappings(
  client: JsonClient,
  name: string,
): Promise<readonly LiveMapping[]> {
  const answer = await client.request("GET", `/${encodePattern(name)}/_mapping`);
  if (answer.status === 404) return [];
  if (answer.status !== 200) {
    const why = `its mapping could not be read: HTTP ${answer.status}${reasonOf(answer.body)}`;
    throw new TailraceError("BULK_INDEX_UNUSABLE", `index ${name}: ${why}`);
  }
  const body = answer.body as Record<string, { readonly mappings?: LiveBody }>;
  return Object.entries(body).map(([index, { mappings = {} }]) => ({
    index,
    dynamic: String(mappings.dynamic ?? "true"),
    properties: mappings.properties ?? {},
  }));
}

interface LiveBody {
  /** `"strict"`, `"false"`, or a truth value. */
  readonly dynamic?: string | boolean;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** A name of an index for the path of a request; `*` stays one. */
export function encodePattern(name: string): string {
  return name.split("*").map(encodeURIComponent).join("*");
}

/** What is to be done that an index may hold the wanted fields. */
export function compareMapping(live: LiveMapping, wanted: Properties): MappingDifference {
  const missing = Object.create(null) as Record<string, FieldMapping>;
  const different: FieldDifference[] = [];
  for (const [field, definition] of Object.entries(wanted)) {
    const found = findField(live.properties, field);
    if (found === null) {
      missing[field] = definition;
      continue;
    }
    const existing = definitionOf(live.properties, field);
    const fits = accepts(found, { ...definition, type: definition.type ?? "object" });
    if (!fits || !isSame(existing, definition)) {
      different.push({ field, wanted: definition, existing, fits });
    }
  }
  const extra = Object.fromEntries(
    leaves(live.properties).filter(([field]) => !isCovered(field, wanted)),
  );
  return { index: live.index, missing, different, extra };
}

/** Adds fields to an index, with substitutes for types that the server does not know. The fields that were added. Throws BULK_*. */
export async function addFields(
  client: JsonClient,
  index: string,
  fields: Properties,
): Promise<Properties> {
  let properties = fields;
  for (;;) {
    const path = `/${encodeURIComponent(index)}/_mapping`;
    const answer = await client.request("PUT", path, { properties });
    if (answer.status < 300) return properties;
    const reason = reasonOf(answer.body);
    const unknown = /(?:The mapper type|No handler for type) \[([^\]]+)\]/.exec(reason)?.[1];
    const substituted = unknown === undefined ? null : substitute(properties, unknown);
    if (substituted === null) {
      const what = `the fields could not be added: HTTP ${answer.status}${reason}`;
      throw new TailraceError("BULK_INDEX_UNUSABLE", `index ${index}: ${what}`);
    }
    properties = substituted;
  }
}

/** The definition at a dotted name, or of the object around it that is not looked into. */
function definitionOf(properties: unknown, name: string): Readonly<Record<string, unknown>> {
  let level = properties;
  let found: Readonly<Record<string, unknown>> = {};
  for (const part of name.split(".")) {
    const field = (level as Record<string, Record<string, unknown>> | undefined)?.[part];
    if (field === undefined) break;
    found = field;
    level = field["properties"];
  }
  return found;
}

/** Is everything said of the field as it is wanted? The server leaves out what is its default anyway. */
function isSame(existing: Readonly<Record<string, unknown>>, wanted: FieldMapping): boolean {
  return Object.entries(wanted).every(([parameter, value]) => {
    const found = existing[parameter];
    if (found === undefined) return value === true || (parameter === "type" && value === "object");
    return isDeepStrictEqual(found, value) || isSameText(found, value);
  });
}

/** The server gives some numbers and truth values as text. */
function isSameText(a: unknown, b: unknown): boolean {
  const isPlain = [a, b].every((each) => typeof each !== "object" && typeof each !== "function");
  return isPlain && JSON.stringify(a).replaceAll('"', "") === JSON.stringify(b).replaceAll('"', "");
}

/** Names and types of all fields that are no objects with fields of their own. */
function leaves(properties: unknown, prefix = ""): readonly (readonly [string, string])[] {
  return Object.entries(properties as Record<string, Record<string, unknown>>).flatMap(
    ([name, field]) => {
      const path = `${prefix}${name}`;
      const inner = field["properties"];
      if (inner !== undefined) return leaves(inner, `${path}.`);
      const { type } = field;
      return [[path, typeof type === "string" ? type : "object"] as const];
    },
  );
}

/** Is the field, or an object around it, one of those that are wanted? */
function isCovered(field: string, wanted: Properties): boolean {
  const parts = field.split(".");
  return parts.some((_, i) => Object.hasOwn(wanted, parts.slice(0, i + 1).join(".")));
}
