/** Where the documents of a rule go. Created by the sink (`Sink.target`), compared by identity. */
export interface Target {
  readonly index: string;
  /** `update` with `doc_as_upsert` instead of `index`: other writers own other fields of the document. */
  readonly upsert: boolean;
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
  /** What the following actions have in common: their target and version (high and low 32 bits). */
  begin(target: Target, versionHigh: number, versionLow: number): void;
  /** Opens an action that writes the whole document whose id is in `id[0, idLength)`; null when there is no room now. */
  index(idLength: number, bound: number): DocumentSlot | null;
  /** Closes the action opened by `index`: the document ends before `end`. */
  finish(slot: DocumentSlot, end: number): void;
  /** Adds a delete of the document whose id is in `id[0, idLength)`; false when there is no room now. */
  delete(idLength: number): boolean;
}

/** Size of {@link ActionWriter.id}: three times InnoDB's longest key (3072 bytes), for a rule's id need be no key, escaped six-fold, with separators. */
export const ID_SCRATCH_BYTES = 64 * 1024;

/** Longest `_id` that Elasticsearch accepts, in bytes. A longer one is replaced by `sha256:` and its hash in hex. */
export const MAX_ID_BYTES = 512;
