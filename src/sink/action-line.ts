import type { Target, TargetOptions } from "../core/action-writer.ts";

// An action as it lies in a bulk request, here an `index` in a batch that its target opened, and an upsert in one that another target
// opened:
//
//     {"index":{"version_type":"external_gte","version":123,"_id":"42"}}⏎
//     {"id":42,…}⏎
//     {"update":{"_index":"orders","retry_on_conflict":3,"_id":"42","routing":"7"}}⏎
//     {"doc":{"id":42,…},"doc_as_upsert":true}⏎
//
// What precedes the version is constant for a target, the version is rendered once for all rows of an event, and what is a row's own comes last: a
// line is two copies, the id, the routing if there is one, and a tail.

/** Ends every action line behind the document id. */
export const LINE_TAIL = Buffer.from('"}}\n');

/** Stands between the version and the id. */
export const ID_HEAD = Buffer.from(',"_id":"');

/** Stands between the id and the routing. */
export const ROUTING_HEAD = Buffer.from('","routing":"');

/** What stands before and behind the fields in a document's line. */
export interface DocumentFrame {
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** The frame of each way of writing. A merge would keep the members that an object has lost, so `replace` puts each field in whole. */
export const FRAMES: Readonly<Record<Target["write"], DocumentFrame>> = {
  whole: frame("", "\n"),
  merge: frame('{"doc":', ',"doc_as_upsert":true}\n'),
  replace: frame(
    '{"script":{"lang":"painless","source":"ctx._source.putAll(params.doc)","params":{"doc":',
    '}},"scripted_upsert":true,"upsert":{}}\n',
  ),
};

/** The frame of fields that are written into a document that exists. */
export const AMEND_FRAME: DocumentFrame = frame('{"doc":', "}\n");

/** No frame takes more bytes. */
export const FRAME_BYTES = 192;

function frame(head: string, tail: string): DocumentFrame {
  return { head: Buffer.from(head), tail: Buffer.from(tail) };
}

/** The operations of a bulk request that we use. */
export type BulkOperation = "index" | "delete" | "update";

/** Starts of action lines, up to the version or (upsert) up to the id. */
interface LineHeads {
  readonly write: Buffer;
  readonly amend: Buffer;
  readonly delete: Buffer;
}

/** An entry of the sink's table of targets: {@link Target} and what the hot path needs of it. */
export interface SinkTarget extends Target {
  /** Actions carry a version. */
  readonly isVersioned: boolean;
  readonly frame: DocumentFrame;
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
export function createSinkTarget(number: number, options: TargetOptions): SinkTarget {
  const { index, write, pipeline } = options;
  const name = Buffer.from(index);
  const named = lineHeads(options, `"_index":${JSON.stringify(index)},`);
  return {
    number,
    index,
    write,
    pipeline,
    isVersioned: write === "whole",
    frame: FRAMES[write],
    seed: hashBytes(FNV_OFFSET, name, name.length),
    path: `/${encodeURIComponent(index)}/${BULK_QUERY}`,
    own: lineHeads(options, ""),
    named,
    overhead: Math.max(named.write.length, named.delete.length) + 96,
  };
}

/** An ingest pipeline takes whole documents: an update has none to show it. */
function lineHeads({ write, pipeline }: TargetOptions, index: string): LineHeads {
  const versioned = '"version_type":"external_gte","version":';
  const isWhole = write === "whole";
  const through = pipeline === undefined ? "" : `"pipeline":${JSON.stringify(pipeline)},`;
  const amend = Buffer.from(`{"update":{${index}"retry_on_conflict":3,"_id":"`);
  return {
    write: isWhole ? Buffer.from(`{"index":{${index}${through}${versioned}`) : amend,
    amend,
    delete: Buffer.from(`{"delete":{${index}${isWhole ? versioned : '"_id":"'}`),
  };
}
