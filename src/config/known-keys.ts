import { z } from "zod";
import type { KeyPath } from "./key-path.ts";
import { configSchema } from "./schema.ts";

/** A JSON Schema object, as far as it is walked here and by the generated documents. */
export interface JsonSchema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}

/** The JSON Schema of what may be written in a configuration file. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, {
    io: "input",
    // zod leaves the examples of what it transforms out; ours are of what is written.
    override: ({ zodSchema, jsonSchema }) => {
      const examples = z.globalRegistry.get(zodSchema)?.["examples"];
      if (Array.isArray(examples)) jsonSchema.examples ??= examples;
    },
  }) as JsonSchema;
}

/** The keys that may stand in the table at `path`; where its `type` decides, those of the type that `root` has there. */
export function knownKeys(path: KeyPath, root: unknown): readonly string[] {
  let schemas: readonly JsonSchema[] = [configJsonSchema()];
  let value = root;
  for (const key of path) {
    value = (value as Record<string | number, unknown> | undefined)?.[key];
    schemas = schemas.flatMap((schema) => {
      const next = typeof key === "number" ? schema.items : schema.properties?.[key];
      return next === undefined ? [] : (next.oneOf ?? next.anyOf ?? [next]);
    });
    schemas = ofSameType(schemas, value);
  }
  return [...new Set(schemas.flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

function ofSameType(schemas: readonly JsonSchema[], value: unknown): readonly JsonSchema[] {
  const type = (value as { readonly type?: unknown } | undefined)?.type;
  return schemas.filter((schema) => {
    const own = schema.properties?.["type"];
    return own?.const === undefined || own.const === (type ?? own.default);
  });
}

/** The candidate that was probably meant, or null: the same but for case and separators, or a few letters away. */
export function nearestName(name: string, candidates: readonly string[]): string | null {
  const folded = fold(name);
  const same = candidates.find((candidate) => fold(candidate) === folded);
  if (same !== undefined) return same;
  let nearest: string | null = null;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(folded, fold(candidate));
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[_\- ]/g, "");
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + cost,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (beforePrevious[j - 2] ?? 0) + 1);
      }
      row.push(distance);
    }
    [beforePrevious, previous] = [previous, row];
  }
  return previous[b.length] ?? 0;
}
