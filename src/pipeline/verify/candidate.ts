import type { LogPlace } from "../../core/checkpoint.ts";
import type { ChunkTable, KeyLiterals } from "../../core/load.ts";
import type { DocumentPlace } from "./document-batch.ts";
import type { DocumentState } from "./difference.ts";

/** A row that may make a document, by its key. */
export interface Maker {
  readonly table: ChunkTable;
  readonly rule: string;
  readonly key: KeyLiterals;
}

/** A document that may not agree with its row. */
export interface Candidate extends DocumentPlace {
  /** Rows that may make the document: one, or of a document whose row was not seen one per rule and table that writes its index; none when no key gives its id. */
  readonly makers: readonly Maker[];
  /** The document's id names the key of its row: when that row has gone, no other can have the document. */
  readonly isNamed: boolean;
  /** The key of the row that was seen, JSON by column; null when none was seen. */
  readonly key: Readonly<Record<string, string>> | null;
  /** The document as it was seen; null = there was none. */
  readonly seen: DocumentState | null;
  /** The low watermark of the row that was seen, null when none was. */
  readonly low: LogPlace | null;
}
