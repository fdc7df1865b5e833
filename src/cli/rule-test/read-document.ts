import { TailraceError } from "../../core/errors.ts";
import { parseExact, printExact } from "../../core/exact-json.ts";
import { reasonOf } from "../../core/json-client.ts";
import type { HttpChannel } from "../../sink/client.ts";
import type { CollectedAction } from "./collect-actions.ts";

/** What an index holds at the place of an action: the document's JSON with all its digits; null = none there; the index itself may be missing. */
export type HeldDocument =
  | { readonly kind: "document"; readonly json: string; readonly version: string }
  | { readonly kind: "none" }
  | { readonly kind: "no index" };

/** Reads the document where the action would write it. Throws BULK_*. */
export async function readDocument(
  channel: HttpChannel,
  { target, id, routing }: CollectedAction,
): Promise<HeldDocument> {
  const query = routing === null ? "" : `?routing=${encodeURIComponent(routing)}`;
  const path = `/${encodeURIComponent(target.index)}/_doc/${encodeURIComponent(id)}${query}`;
  const result = await channel.send({ method: "GET", path });
  if (result.kind !== "answer") throw result.error;
  const body = parseBody(result.body);
  const what = `GET ${channel.host}/${target.index}/_doc: HTTP ${result.status}`;
  if (result.status === 401 || result.status === 403)
    throw new TailraceError("BULK_ACCESS_DENIED", `${what}${reasonOf(body)}`);
  if (result.status === 404) return { kind: "error" in body ? "no index" : "none" };
  if (result.status !== 200)
    throw new TailraceError("BULK_UNREACHABLE", `${what}${reasonOf(body)}`);
  return {
    kind: "document",
    json: printExact(body["_source"] ?? {}),
    version: printExact(body["_version"]),
  };
}

function parseBody(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const body = parseExact(bytes.toString("utf8"));
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
