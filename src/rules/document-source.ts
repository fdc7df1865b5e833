/** Source that writes a document's columns as they are: byte to byte, names as constants. */
import type { RowLayout } from "../core/row-layout.ts";
import { type ColumnVisit, storeSource, walkSource } from "../core/row-source.ts";
import type { FieldPlan } from "./plan.ts";

/** Source and the values that it names. */
export interface GeneratedSource {
  readonly code: string;
  readonly constants: Readonly<Record<string, unknown>>;
}

/** What generating works with; takes the constants that the source names. */
export interface DocumentCode {
  readonly columns: readonly FieldPlan[];
  readonly layout: RowLayout;
  readonly constants: Record<string, unknown>;
}

/** In tables wider than this, names are copied by a loop: V8 does not optimise functions of more than about 60 KB of bytecode. */
const MAX_UNROLLED_FIELDS = 120;
/** Up to this bound a document's room is asked for by the bytes left in the event, without walking the row first. */
const CHEAP_BOUND_BYTES = 256 * 1024;

/** Statements that declare `bound`, the bytes that the columns of the row at `row` may need at most; `extra` are statements that add to it. */
export function boundSource(code: DocumentCode, row: string, extra = ""): string {
  if (code.columns.length === 0) return `let bound = 2; ${extra}`;
  const fixed = code.columns.reduce(
    (sum, { name, column }) =>
      sum + Buffer.byteLength(nameText(name)) + Math.max(4, code.layout.jsonBound(column)),
    16,
  );
  const copies = Math.max(1, ...Array.from(fieldsOf(code).values(), (fields) => fields.length));
  const most = (bytes: string): string => `${fixed} + ${6 * copies} * (${bytes} - ${row})`;
  return `let bound = ${most("end")};
    if (bound > ${CHEAP_BOUND_BYTES}) bound = ${most(`rowEnd(b, ${row}, end)`)};
    ${extra}`;
}

/** The fields of each column: mostly one. */
function fieldsOf({ columns }: DocumentCode): Map<number, FieldPlan[]> {
  return Map.groupBy(columns, ({ column }) => column);
}

/** Statements that write `{` and the columns at `out[o…]`, without the closing brace, and move `p` behind the row. */
export function columnsSource(code: DocumentCode): string {
  const { columns, layout } = code;
  const first = columns[0];
  const byColumn = fieldsOf(code);
  const named = (field: FieldPlan): string =>
    nameSource(code, nameText(field.name).slice(field === first ? 1 : 0));
  const body = walkSource(layout, layout.columns.length, (index): ColumnVisit | null => {
    const [field, ...more] = byColumn.get(index) ?? [];
    if (field === undefined) return null;
    const visit = {
      before: named(field),
      value: layout.writeJson(index, field),
      none: storeSource("null"),
    };
    if (more.length === 0) return visit;
    const start = `c${index}`;
    return {
      before: `${visit.before} const ${start} = p;`,
      value: [
        visit.value,
        ...more.map((each) => `p = ${start}; ${named(each)} ${layout.writeJson(index, each)}`),
      ].join(" "),
      none: [visit.none, ...more.map((each) => `${named(each)} ${visit.none}`)].join(" "),
    };
  });
  return `out[o++] = 123;\n${body}`;
}

/** Statements that write a constant at `out[o…]`. */
export function nameSource({ columns, constants }: DocumentCode, text: string): string {
  if (columns.length <= MAX_UNROLLED_FIELDS) return storeSource(text);
  const name = `name${Object.keys(constants).length}`;
  constants[name] = Buffer.from(text);
  return `for (let i = 0; i < ${name}.length; i++) out[o++] = ${name}[i];`;
}

/** `,"name":` with the name escaped for JSON. */
export function nameText(name: string): string {
  return `,${JSON.stringify(name)}:`;
}
