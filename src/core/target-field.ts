import type { ColumnType } from "./schema.ts";

/** What a field holds: a column's type, or what only expressions make. */
export type FieldType =
  | ColumnType
  /** true and false. */
  | { readonly kind: "boolean" }
  /** `{"lat":…,"lon":…}`. */
  | { readonly kind: "geo_point" }
  /** A list whose elements are of this type. */
  | { readonly kind: "list"; readonly of: FieldType }
  /** Whatever a script makes: Elasticsearch may guess. */
  | { readonly kind: "any" };

/** A field of a rule's documents and what it holds: what a mapping is derived from. */
export interface TargetField {
  readonly name: string;
  readonly type: FieldType;
  /** DECIMAL written as a JSON string. */
  readonly decimalAsString: boolean;
  /** The field's definition in the mapping, as the rule gives it, instead of the one derived from the type. */
  readonly mapping?: Readonly<Record<string, unknown>> | undefined;
}
