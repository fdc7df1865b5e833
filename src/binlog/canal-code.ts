import { TailraceError } from "../core/errors.ts";
import type { CanalForm } from "../core/row-layout.ts";
import type { LayoutColumn, ValueCode } from "./column-layout.ts";
import { ColumnTypeCode as T } from "./constants.ts";
import * as canal from "./values/canal.ts";
import * as temporal from "./values/canal-temporal.ts";
import { createTextWriter } from "./values/text.ts";

/** What is written where. */
export interface CanalCodeOptions {
  /** How a document has it. */
  readonly code: ValueCode;
  readonly form: CanalForm;
  /** Takes the writers that the statements name. */
  readonly helpers: Record<string, unknown>;
}

/** Statements that write the value of column `index`, at `p` and `l` bytes long, as Canal writes it. */
export function canalCode(
  { column, mapped }: LayoutColumn,
  index: number,
  { code, form, helpers }: CanalCodeOptions,
): string {
  const call = (
    writer: (...values: never[]) => number,
    ...more: readonly (string | number)[]
  ): string => {
    helpers[writer.name] = writer;
    return `o = ${writer.name}(${["b", "p", ...more, "out", "o"].join(", ")});`;
  };
  const inDocument = `o = ${code.write ?? compressed()};`;
  const { type } = column;
  switch (type.kind) {
    case "integer":
    case "decimal":
    case "bit":
      return `out[o++] = 34; ${inDocument} out[o++] = 34;`;
    case "float":
      return call(canal.writeCanalFloat);
    case "double":
      return call(canal.writeCanalDouble);
    case "year":
      return call(canal.writeCanalYear);
    case "date":
      return call(temporal.writeCanalDate);
    case "datetime":
      return mapped.type === T.DATETIME
        ? call(temporal.writeCanalOldDatetime)
        : call(temporal.writeCanalDatetime, type.fraction);
    case "timestamp":
      return mapped.type === T.TIMESTAMP
        ? call(temporal.writeCanalOldTimestamp)
        : call(temporal.writeCanalTimestamp, type.fraction);
    case "binary":
      return type.fixedLength === undefined
        ? call(canal.writeLatin1, "l")
        : call(canal.writeFixedLatin1, "l", type.fixedLength);
    case "geometry":
    case "vector":
      return call(canal.writeLatin1, "l");
    case "enum":
    case "set":
      return form.enumLabels ? inDocument : call(canal.writeCanalOrdinal, mapped.metadata);
    case "json":
      if (!type.text) return call(canal.writeCanalJson, "l");
      helpers[`writeCanalText${index}`] = createTextWriter("utf8mb4");
      return `o = writeCanalText${index}(b, p, l, out, o);`;
    default:
      return inDocument;
  }
}

/** Bytes that column's value takes in Canal's form beyond eight times its bytes in the row image. */
export function canalBound({ column: { type } }: LayoutColumn, code: ValueCode): number {
  const padding = type.kind === "binary" && type.fixedLength !== undefined ? type.fixedLength : 0;
  return code.bound + canal.CANAL_JSON_BOUND + 6 * padding;
}

function compressed(): never {
  throw new TailraceError("INVARIANT_BROKEN", "A compressed column was not expanded.");
}
