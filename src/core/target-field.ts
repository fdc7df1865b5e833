import type { ColumnType } from "./schema.ts";

/** A field of a rule's documents and the column type that it holds: what a mapping is derived from. */
export interface TargetField {
  readonly name: string;
  readonly type: ColumnType;
  /** DECIMAL written as a JSON string. */
  readonly decimalAsString: boolean;
}
