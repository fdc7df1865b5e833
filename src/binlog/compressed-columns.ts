import { ColumnTypeCode as T } from "./constants.ts";
import { valueSizes, walkImage } from "./image-walk.ts";
import { uncompressColumn } from "./mariadb-compression.ts";
import type { LayoutColumn } from "./column-layout.ts";
import type { RowsBody } from "./rows-event.ts";

/** Does the table have a COMPRESSED column (MariaDB)? */
export function hasCompressedColumns(columns: readonly LayoutColumn[]): boolean {
  return columns.some(isCompressed);
}

/** The columns as they lie in images that {@link createExpander} has expanded. */
export function expandedColumns(columns: readonly LayoutColumn[]): readonly LayoutColumn[] {
  return columns.map((column) =>
    isCompressed(column) ? { ...column, mapped: { type: T.BLOB, metadata: PREFIX_BYTES } } : column,
  );
}

const PREFIX_BYTES = 4;

function isCompressed({ mapped: { type } }: LayoutColumn): boolean {
  return type === T.MARIADB_VARCHAR_COMPRESSED || type === T.MARIADB_BLOB_COMPRESSED;
}

/**
 * Makes the function that copies the full row images of an event with their COMPRESSED columns uncompressed, each as a BLOB with a length of four bytes.
 * Only so is the room that a document needs known from the bytes of its row.
 */
export function createExpander(columns: readonly LayoutColumn[]): (body: RowsBody) => RowsBody {
  const sizes = valueSizes(columns);
  const compressed = columns.map(isCompressed);
  return (body) => {
    const { bytes, end } = body;
    const parts: Buffer[] = [];
    let copied = body.start;
    const visit = (column: number, valueStart: number, valueEnd: number): void => {
      if (compressed[column] !== true) return;
      const plain = uncompressColumn(bytes.subarray(valueStart, valueEnd));
      const length = Buffer.alloc(PREFIX_BYTES);
      length.writeUInt32LE(plain.length);
      parts.push(bytes.subarray(copied, valueStart - sizes[column]!.prefixBytes), length, plain);
      copied = valueEnd;
    };
    let start = body.start;
    while (start < end) start = walkImage(bytes, { start, end }, sizes, visit);
    const expanded = Buffer.concat([...parts, bytes.subarray(copied, end)]);
    return { ...body, bytes: expanded, start: 0, end: expanded.length };
  };
}
