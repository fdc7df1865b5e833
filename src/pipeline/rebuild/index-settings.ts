import type { JsonClient } from "../../core/json-client.ts";
import { bodyOf } from "./served-index.ts";

/** Settings by their flat names, as Elasticsearch prints them. */
export type IndexSettings = Readonly<Record<string, unknown>>;

/** What the cluster gives an index itself, or what says how this one came to be or stands at the moment; everything else was chosen by somebody. */
const OWN =
  /^index\.(?:uuid|creation_date(?:_string)?|provided_name|version\..*|history\.uuid|blocks\..*|verified_.*|verified_before_close|resize\..*|shrink\..*|routing\.allocation\.initial_recovery\..*|store\.snapshot\..*|lifecycle\.(?:indexing_complete|origination_date)|frozen)$/;

/** What its users have set of an index, for another one like it. */
export function chosenSettings(settings: IndexSettings): IndexSettings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !OWN.test(name)));
}

/** All settings of an index but those that are defaults. Throws BULK_*. */
export async function readSettings(client: JsonClient, index: string): Promise<IndexSettings> {
  const path = `/${encodeURIComponent(index)}/_settings?flat_settings=true`;
  const body = bodyOf(await client.request("GET", path), `GET ${path}`) as Readonly<
    Record<string, { readonly settings?: IndexSettings }>
  >;
  return body[index]?.settings ?? {};
}

/** The mapping of an index. Throws BULK_*. */
export async function readMappings(
  client: JsonClient,
  index: string,
): Promise<Readonly<Record<string, unknown>>> {
  const path = `/${encodeURIComponent(index)}/_mapping`;
  const body = bodyOf(await client.request("GET", path), `GET ${path}`) as Readonly<
    Record<string, { readonly mappings?: Readonly<Record<string, unknown>> }>
  >;
  return body[index]?.mappings ?? {};
}
