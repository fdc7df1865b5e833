import type { JsonClient } from "../../core/json-client.ts";
import { bodyOf } from "./served-index.ts";

/**
 * Blocks writes to an index; when it resolves, those that were under way have ended. A pipeline that writes it repeats its actions until the block, or the index, has gone. Searches
 * go on. Throws BULK_*.
 */
export async function blockWrites(client: JsonClient, index: string): Promise<void> {
  const path = `/${encodeURIComponent(index)}/_block/write`;
  bodyOf(await client.request("PUT", path), `PUT ${path}`);
}

/** Takes the block away; an index that has none, or is gone, is as it should be. Throws BULK_*. */
export async function unblockWrites(client: JsonClient, index: string): Promise<void> {
  const path = `/${encodeURIComponent(index)}/_settings`;
  const answer = await client.request("PUT", path, { "index.blocks.write": null });
  if (answer.status !== 404) bodyOf(answer, `PUT ${path}`);
}

/** Are writes to the index blocked? False when it is gone. Throws BULK_*. */
export async function isWriteBlocked(client: JsonClient, index: string): Promise<boolean> {
  const path = `/${encodeURIComponent(index)}/_settings/index.blocks.write?flat_settings=true`;
  const answer = await client.request("GET", path);
  if (answer.status === 404) return false;
  const body = bodyOf(answer, `GET ${path}`) as Readonly<
    Record<string, { readonly settings?: Record<string, unknown> }>
  >;
  return Object.values(body).some(({ settings }) => settings?.["index.blocks.write"] === "true");
}
