import type { JsonClient } from "../../core/json-client.ts";
import { bodyOf, readServedIndex, type ServedIndex } from "./served-index.ts";

/**
 * Puts the new index in the place of the served one, under its name and all its aliases with their filters and routing, in one step of the cluster: at every moment the name leads
 * to one of the two. An index that bears the name itself is deleted in the same step, for an alias cannot have the name of an index. Done already: nothing. Throws BULK_*,
 * REBUILD_IMPOSSIBLE.
 */
export async function swapAliases(
  client: JsonClient,
  { name, newIndex }: { readonly name: string; readonly newIndex: string },
): Promise<void> {
  const served = await readServedIndex(client, name);
  if (served?.index === newIndex) return;
  const actions = served === null ? [addAlias(newIndex, name, {})] : swap(served, name, newIndex);
  bodyOf(await client.request("POST", "/_aliases", { actions }), "POST /_aliases");
}

function swap(served: ServedIndex, name: string, newIndex: string): readonly unknown[] {
  const { index, isAlias, aliases } = served;
  const moved = Object.entries(aliases).map(([alias, properties]) =>
    addAlias(newIndex, alias, properties),
  );
  if (!isAlias) return [{ remove_index: { index } }, ...moved, addAlias(newIndex, name, {})];
  return [
    ...Object.keys(aliases).map((alias) => ({ remove: { index, alias, must_exist: true } })),
    ...moved,
  ];
}

function addAlias(index: string, alias: string, properties: object): unknown {
  return { add: { index, alias, ...properties } };
}
