import type {
  IncompleteRowsEvent,
  MarkEvent,
  ReadEvent,
  RowsEvent,
  SchemaChangeEvent,
} from "./change-event.ts";

/**
 * Where a pipeline's changes go: into documents, or into records. One caller, one call at a time: a promise that is returned is awaited before the next
 * call, and the event stays valid until then. Rejects with the destination's fatal error.
 */
export interface Destination {
  /** Takes the rows that there is room for now. Undefined when all were taken, else a promise of the rest. */
  take(event: RowsEvent): Promise<void> | undefined;
  /** Takes rows of a load; as `take`. A destination of records has no loads. */
  takeRead(event: ReadEvent): Promise<void> | undefined;
  /** Completes rows whose images lack columns and takes them. Resolves with how many of them do not tell which document they left. */
  takeIncomplete(event: IncompleteRowsEvent): Promise<number>;
  takeSchemaChange(event: SchemaChangeEvent): Promise<void> | undefined;
  /** What was taken so far ends a transaction or a record: once all of it is closed, the checkpoint may move here. */
  mark(event: MarkEvent): Promise<void> | undefined;
  /** Nothing more is coming at this moment: send what is held. Cheap; call it as often as you like. */
  idle(): void;
  /** Resolves when everything taken is closed and acknowledged. */
  drain(): Promise<void>;
}
