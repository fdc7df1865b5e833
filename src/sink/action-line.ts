import type { Target } from "../core/action-writer.ts";

// An action as it lies in a bulk request, here an `index` in a batch that its target opened, and an upsert in one that another target
// opened:
//
//     {"index":{"version_type":"external_gte","version":123,"_id":"42"}}⏎
//     {"id":42,…}⏎
//     {"update":{"_index":"orders","retry_on_conflict":3,"_id":"42"}}⏎
//     {"doc":{"id":42,…},"doc_as_upsert":true}⏎
//
// What precedes the version is constant for a target, the version is rendered once for all rows of an event, and the id comes last: a
// line is two copies, the id and a tail.

/** Ends every action line behind the document id. */
export const LINE_TAIL = Buffer.from('"}}\n');

/** Stands between the version and the id. */
export const ID_HEAD = Buffer.from(',"_id":"');

/** What wraps the document of an upsert. */
export const UPSERT_HEAD = Buffer.from('{"doc":');
export const UPSERT_TAIL = Buffer.from(',"doc_as_upsert":true}\n');

/** The operations of a bulk request that we use. */
export type BulkOperation = "index" | "delete" | "update";

/** Starts of action lines, up to the version or (upsert) up to the id. */
interface LineHeads {
  readonly write: Buffer;
  readonly delete: Buffer;
}

/** An entry of the sink's table of targets: {@link Target} and what the hot path needs of it. */
export interface SinkTarget extends Target {
  /** Place in the sink's table of targets. */
  readonly number: number;
  /** Start value of the document hash: actions of one index and id share a hash whatever their target. */
  readonly seed: number;
  /** Request path of batches opened by this target. */
  readonly path: string;
  /** Line starts in a batch opened by this target, */
  readonly own: LineHeads;
  /** and in any other batch, with `_index`. */
  readonly named: LineHeads;
  /** What an action of this target takes besides id and document, at most, in bytes. */
  readonly overhead: number;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a of `bytes[0, length)`, going on from `seed`. A signed 32-bit number. */
export function hashBytes(seed: number, bytes: Uint8Array, length: number): number {
  let hash = seed;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME);
  return hash;
}

/** Only what differs from Elasticsearch's whole answer: it begins with `{"errors":…`. */
const BULK_QUERY = "_bulk?filter_path=errors,items.*.status,items.*.error";

/** The entry for an index and a way of writing. */
export function createSinkTarget(number: number, index: string, upsert: boolean): SinkTarget {
  const name = Buffer.from(index);
  const named = lineHeads(upsert, `"_index":${JSON.stringify(index)},`);
  return {
    number,
    index,
    upsert,
    seed: hashBytes(FNV_OFFSET, name, name.length),
    path: `/${encodeURIComponent(index)}/${BULK_QUERY}`,
    own: lineHeads(upsert, ""),
    named,
    overhead: Math.max(named.write.length, named.delete.length) + 96,
  };
}

function lineHeads(upsert: boolean, index: string): LineHeads {
  const versioned = '"version_type":"external_gte","version":';
  return {
    write: Buffer.from(
      upsert
        ? `{"update":{${index}"retry_on_conflict":3,"_id":"`
        : `{"index":{${index}${versioned}`,
    ),
    delete: Buffer.from(upsert ? `{"delete":{${index}"_id":"` : `{"delete":{${index}${versioned}`),
  };
}
