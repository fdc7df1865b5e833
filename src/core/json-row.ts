import { createValueParser } from "./column-value.ts";
import { TailraceError } from "./errors.ts";
import type { Column } from "./schema.ts";
import type { RowLayout } from "./row-layout.ts";

/**
 * A row as the JSON text of each column, by column index: null = SQL NULL, undefined = not known. Decimals are plain number text.
 * What a row read by SELECT, and a partial row image, are turned into.
 */
export type JsonRow = readonly (string | null | undefined)[];

/**
 * The layout of one {@link JsonRow}: for the encoder `b` is the row, its range [0, {@link jsonRowBytes}).
 */
export function createJsonRowLayout(columns: readonly Column[]): RowLayout {
  const helpers: Record<string, unknown> = { writeText };
  return {
    columns,
    helpers,
    begin: () => "p = end;",
    isNull: (index) => `b[${index}] === null`,
    isTold: (index) => `b[${index}] !== undefined`,
    skip: () => "",
    writeJson: (index, form) => {
      if (form.dialect === "canal")
        throw new TailraceError("INVARIANT_BROKEN", "JSON rows have documents' values only.");
      const text = `o = writeText(b[${index}], out, o);`;
      return form.decimalAsString && columns[index]?.type.kind === "decimal"
        ? `out[o++] = 34; ${text} out[o++] = 34;`
        : text;
    },
    readValue: (index, into) => {
      helpers[`parse${index}`] = createValueParser(columns[index]!.type);
      return `${into} = parse${index}(b[${index}]);`;
    },
    // rows are given one by one here
    sameColumns: () => null,
    jsonBound: () => 2,
  };
}

/** Bytes of a row's texts, at least 1: what the encoder takes for the row's size. */
export function jsonRowBytes(row: JsonRow): number {
  let bytes = 1;
  for (const text of row) if (typeof text === "string") bytes += Buffer.byteLength(text);
  return bytes;
}

function writeText(text: string, out: Buffer, o: number): number {
  return o + out.write(text, o, "utf8");
}
