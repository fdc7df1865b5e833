import { TailraceError } from "../../core/errors.ts";
import { freeBuffers } from "../../core/free-buffers.ts";
import { reasonOf } from "../../core/json-client.ts";
import type { HttpChannel } from "../../sink/client.ts";
import type { DocumentBatch, DocumentPlace } from "./document-batch.ts";
import { type HeldDocument, parseGetAnswer } from "./get-answer.ts";

/** Documents and bytes of them that are asked for at once: answers are held as a whole. */
const MAX_DOCUMENTS = 500;
const MAX_BYTES = 8 * 1024 * 1024;

/** What the indices hold at the places of some documents of a batch. */
export interface FetchedPage {
  /** The number of the first of them in the batch. */
  readonly first: number;
  readonly held: readonly HeldDocument[];
}

/**
 * Reads what the indices hold at the places of the documents of a batch, in their order; not only what a search would see. A page is asked for when the one before has been looked at:
 * its answer is gone then. Throws BULK_*.
 */
export async function* fetchBatch(
  channel: HttpChannel,
  batch: DocumentBatch,
): AsyncGenerator<FetchedPage> {
  let parts: string[] = [];
  let bytes = 0;
  for (let n = 0; n < batch.count; n++) {
    const routing = batch.routingOf(n);
    const routed = routing.length === 0 ? "" : `,"routing":"${routing.toString("utf8")}"`;
    const index = JSON.stringify(batch.targetOf(n).index);
    parts.push(`{"_index":${index},"_id":"${batch.idOf(n).toString("utf8")}"${routed}}`);
    bytes += batch.documentOf(n).length;
    if (parts.length < MAX_DOCUMENTS && bytes < MAX_BYTES && n < batch.count - 1) continue;
    const { held, body } = await get(channel, parts);
    yield { first: n + 1 - parts.length, held };
    freeBuffers([body]);
    parts = [];
    bytes = 0;
  }
}

/** What the indices hold at places, in their order. Throws BULK_*. */
export async function fetchPlaces(
  channel: HttpChannel,
  places: readonly DocumentPlace[],
): Promise<readonly HeldDocument[]> {
  const held: HeldDocument[] = [];
  for (let at = 0; at < places.length; at += MAX_DOCUMENTS) {
    const parts = places
      .slice(at, at + MAX_DOCUMENTS)
      .map(({ index: _index, id: _id, routing }) =>
        JSON.stringify({ _index, _id, ...(routing !== null && { routing }) }),
      );
    held.push(...(await get(channel, parts)).held);
  }
  return held;
}

/** `filter_path` would shorten the answer, but prints the sources anew, numbers through floats. */
async function get(
  channel: HttpChannel,
  parts: readonly string[],
): Promise<{ readonly held: readonly HeldDocument[]; readonly body: Buffer }> {
  const what = `POST ${channel.host}/_mget`;
  const result = await channel.send({
    method: "POST",
    path: "/_mget",
    body: `{"docs":[${parts.join(",")}]}`,
  });
  if (result.kind !== "answer") {
    channel.rotate();
    throw result.error;
  }
  const { status, body } = result;
  if (status === 200) {
    const held = parseGetAnswer(body);
    if (held.length === parts.length) return { held, body };
    throw new TailraceError(
      "BULK_UNREACHABLE",
      `${what}: ${held.length} documents for ${parts.length}`,
    );
  }
  const reason = reasonOf(parse(body));
  if (status === 401 || status === 403)
    throw new TailraceError("BULK_ACCESS_DENIED", `${what}: HTTP ${status}${reason}`);
  channel.rotate();
  throw new TailraceError("BULK_OVERLOADED", `${what}: HTTP ${status}${reason}`);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
