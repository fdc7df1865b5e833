/**
 * Where the documents of a rule go and how they are written. Created by the sink (`Sink.target`), compared by identity; the same object for the same
 * {@link TargetOptions}.
 */
export type Target = TargetOptions;

/** What tells targets apart. */
export interface TargetOptions {
  readonly index: string;
  /**
   * `whole` documents by `index`, with a version; `merge`: `update` with `doc_as_upsert`, for other writers own other fields of the document; `replace`: the
   * same by a script that puts each field in whole, where a merge would keep members that an object has lost.
   */
  readonly write: "whole" | "merge" | "replace";
  /** The ingest pipeline that documents pass. */
  readonly pipeline?: string | undefined;
}

/** A place in a batch that a document is written to: at `bytes[length…]`. */
export interface DocumentSlot {
  bytes: Buffer;
  length: number;
}

/**
 * Takes encoded document actions, one call pair a row, no object a row. Implemented by the sink, called by compiled encoders:
 *
 *     idLength = …write the document id into writer.id…
 *     slot = writer.index(idLength, bound); if (slot === null) stop here, the caller awaits Sink.room()
 *     …write the document at slot.bytes[slot.length…], at most `bound` bytes…; writer.finish(slot, end)
 *
 * Repeating a row from its start after a refusal is harmless. Order per document is the order of the calls.
 */
export interface ActionWriter {
  /** Scratch for the document id as the content of a JSON string (escaped, no quotes). ID_SCRATCH_BYTES long. */
  readonly id: Buffer;
  /**
   * Scratch for the routing value of the next action, in the same form, and its length; 0 = none, which `begin` sets. Actions that differ in it are of
   * different documents, whatever their id.
   */
  readonly routing: Buffer;
  routingLength: number;
  /** What the following actions have in common: their target and version (high and low 32 bits). Null = `aim` gives each its target. */
  begin(target: Target | null, versionHigh: number, versionLow: number): void;
  /** Another target for the following actions, with the version as it is. */
  aim(target: Target): void;
  /** Opens an action that writes the whole document whose id is in `id[0, idLength)`; null when there is no room now. */
  index(idLength: number, bound: number): DocumentSlot | null;
  /**
   * Opens an action that writes these fields into a document that exists; one that does not is left alone. Null when there is no room now. For the fields
   * that a rule takes back from a document with other owners.
   */
  amend(idLength: number, bound: number): DocumentSlot | null;
  /** Closes the action opened by `index` or `amend`: the document ends before `end`. */
  finish(slot: DocumentSlot, end: number): void;
  /** Adds a delete of the document whose id is in `id[0, idLength)`; false when there is no room now. */
  delete(idLength: number): boolean;
}

/** Size of {@link ActionWriter.id} and of {@link ActionWriter.routing}: three times InnoDB's longest key (3072 bytes), for a rule's id need be no key, escaped six-fold, with separators. */
export const ID_SCRATCH_BYTES = 64 * 1024;

/** Longest `_id` that Elasticsearch accepts, in bytes. A longer one is replaced by `sha256:` and its hash in hex. */
export const MAX_ID_BYTES = 512;
