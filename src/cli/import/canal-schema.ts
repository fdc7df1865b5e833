import { z } from "zod";

const text = z.coerce.string();

const mapping = z.object({
  dataSourceKey: text.default("defaultDS"),
  outerAdapterKey: text.optional(),
  destination: text.default(""),
  groupId: text.optional(),
  esMapping: z.object({
    _index: text,
    _type: text.optional(),
    _id: text.optional(),
    pk: text.optional(),
    upsert: z.boolean().default(false),
    sql: text,
    relations: z.record(z.string(), z.object({ name: text, parent: text.optional() })).default({}),
    objFields: z.record(z.string(), text).default({}),
    skips: z.array(text).default([]),
    etlCondition: text.optional(),
    commitBatch: z.coerce.number().optional(),
    syncByTimestamp: z.boolean().default(false),
    syncInterval: z.coerce.number().optional(),
  }),
});

/** A mapping file of Canal's Elasticsearch adapter (escore's ESSyncConfig.java). */
export type CanalMapping = z.output<typeof mapping>;

/** A mapping and the file it was read from. */
export interface CanalFile {
  /** Its name in messages: `es7/order.yml`. */
  readonly file: string;
  readonly mapping: CanalMapping;
}

/** The mapping in the content of a YAML file, or what is wrong with it. */
export function readCanalMapping(tree: unknown): CanalMapping | { readonly problem: string } {
  const parsed = mapping.safeParse(tree);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  return { problem: problems.join("; ") };
}
