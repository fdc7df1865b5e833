/** A column's type as MySQL defines it, with what is needed to read and to map its values exactly. */
export type ColumnType =
  | { readonly kind: "integer"; readonly bytes: 1 | 2 | 3 | 4 | 8; readonly unsigned: boolean }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "float" }
  | { readonly kind: "double" }
  | { readonly kind: "bit"; readonly bits: number }
  | { readonly kind: "year" }
  | { readonly kind: "date" }
  /** `fraction` is the number of fractional digits, 0 to 6. */
  | { readonly kind: "time"; readonly fraction: number }
  | { readonly kind: "datetime"; readonly fraction: number }
  | { readonly kind: "timestamp"; readonly fraction: number }
  /** CHAR, VARCHAR, the TEXT types. `maxBytes` is the greatest size of a value in the column's character set. */
  | {
      readonly kind: "text";
      readonly charset: string;
      /** The collation that comparisons use, as the server names it; absent where the source does not tell. */
      readonly collation?: string;
      readonly maxBytes: number;
      readonly large: boolean;
    }
  /** BINARY (`fixedLength` set: trailing zero bytes are restored), VARBINARY, the BLOB types. */
  | {
      readonly kind: "binary";
      readonly fixedLength?: number;
      readonly maxBytes: number;
      readonly large: boolean;
    }
  | { readonly kind: "enum"; readonly members: readonly string[]; readonly collation?: string }
  | { readonly kind: "set"; readonly members: readonly string[]; readonly collation?: string }
  /** `text` = stored as text (MariaDB) rather than as MySQL's binary JSON. */
  | { readonly kind: "json"; readonly text: boolean }
  | { readonly kind: "geometry" }
  | { readonly kind: "vector" }
  /** MariaDB's UUID, as text of 36 characters. */
  | { readonly kind: "uuid" }
  /** MariaDB's INET4 and INET6, as the text of the address. */
  | { readonly kind: "inet"; readonly version: 4 | 6 };

/** A column of a table, at one moment. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** The type as SQL writes it (`tinyint(1)`, `varchar(300)`), as far as the source tells more of it than `type` does. */
  readonly sqlType?: string;
  /** Made by the server and shown nowhere (row_start and row_end of MariaDB): a field only where a rule includes it. */
  readonly hidden?: true;
}

/** A table's columns in their order in a row image, at one moment. */
export interface TableSchema {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly Column[];
  /** Indices into `columns` of the primary key, in key order; empty when there is none. */
  readonly primaryKey: readonly number[];
  /**
   * Index of the column that tells when a row ceased to be current, in a system-versioned table (MariaDB); it is not part of `primaryKey`, and only
   * current rows are rows of the stream.
   */
  readonly rowEnd?: number;
  /** Told by records, which do not tell which columns may be NULL. */
  readonly isVague?: true;
}

/** `database.table`, for messages and log fields. */
export function tableName(table: { readonly database: string; readonly table: string }): string {
  return `${table.database}.${table.table}`;
}
