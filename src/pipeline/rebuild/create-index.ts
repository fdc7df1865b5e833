import type { RuleConfig } from "../../config/config.ts";
import type { JsonClient } from "../../core/json-client.ts";
import type { TableSchema } from "../../core/schema.ts";
import type { Sink } from "../../core/sink.ts";
import { parseRule } from "../../query/rule.ts";
import { planDocument } from "../../rules/plan.ts";
import { createTableMatcher } from "../../rules/table-pattern.ts";
import { chosenSettings, readMappings, readSettings } from "./index-settings.ts";
import { bodyOf, hasIndex } from "./served-index.ts";

/** What a new index is made of. */
export interface NewIndex {
  readonly newIndex: string;
  readonly oldIndex: string;
  readonly rules: readonly RuleConfig[];
  /** What is noted in it: epoch and pipeline. */
  readonly indexMeta: Readonly<Record<string, unknown>>;
}

/** Deletes are remembered so long, unless the old index says otherwise: as in every index that a pipeline creates. */
const GC_DELETES = "1h";

/**
 * Creates the index with the settings that users gave the old one; where rules do not create indices, with its mapping, too, for that is the users' then. Made already: nothing.
 * Throws BULK_*.
 */
export async function createNewIndex(client: JsonClient, spec: NewIndex): Promise<void> {
  const { newIndex, oldIndex, rules, indexMeta } = spec;
  if (await hasIndex(client, newIndex)) return;
  const settings = {
    "index.gc_deletes": GC_DELETES,
    ...chosenSettings(await readSettings(client, oldIndex)),
  };
  const [first] = rules;
  const mappings =
    first?.createIndex === false
      ? await readMappings(client, oldIndex)
      : { _meta: { tailrace: indexMeta }, dynamic: first?.dynamic };
  const path = `/${encodeURIComponent(newIndex)}`;
  bodyOf(await client.request("PUT", path, { settings, mappings }), `PUT ${path}`);
}

/** Gives the new index the mapping that the rules imply for the tables as they are now. Throws RULE_*, BULK_*. */
export async function mapNewIndex(
  sink: Sink,
  { newIndex, rules }: NewIndex,
  {
    schemas,
    caseSensitive,
  }: { readonly schemas: readonly TableSchema[]; readonly caseSensitive: boolean },
): Promise<void> {
  for (const rule of rules) {
    const matcher = createTableMatcher([rule], { caseSensitive });
    const parsed = parseRule({ ...rule, index: newIndex });
    for (const schema of schemas) {
      if (matcher(schema.database, schema.table) === null) continue;
      const { fields, write } = planDocument(parsed, schema);
      const target = sink.target({ index: newIndex, write, pipeline: rule.pipeline });
      await sink.prepare({ target, fields, create: rule.createIndex, dynamic: rule.dynamic });
    }
  }
}
