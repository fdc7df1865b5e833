/** Source that evaluates a document's expressions and writes their values. */
import type { RowLayout } from "../core/row-layout.ts";
import { storeSource, type Visit, walkSource } from "../core/row-source.ts";
import { type DocumentCode, nameSource, nameText } from "./document-source.ts";
import type { ExpressionPlan } from "./plan.ts";

/** The statements for all expressions of a document, in the order in which they run. */
export interface ExpressionSource {
  /** Reads the columns of the row at `p` and evaluates the expressions into their variables. */
  readonly evaluate: string;
  /** Adds what they write at most to `bound`. */
  readonly bound: string;
  /** Writes their names and values at `out[o…]`, behind the columns of the document. */
  readonly write: string;
}

/** Generates the statements. Those that copy a text evaluate it only where they cannot: where it has more than ASCII, or something to escape. */
export function expressionSource(
  code: DocumentCode,
  expressions: readonly ExpressionPlan[],
): ExpressionSource {
  const { layout } = code;
  const noted = new Set<number>();
  const fields = expressions.map((field, n) => {
    const isFirst = code.columns.length === 0 && n === 0;
    const name = nameSource(code, nameText(field.name).slice(isFirst ? 1 : 0));
    const fixed = Buffer.byteLength(nameText(field.name)) + 4;
    const { copy } = field;
    if (copy === null || !hasPlace(layout, copy.column)) return evaluated(field, name, fixed);
    noted.add(copy.column);
    return copied(field, { copy, name, fixed, code });
  });
  const columns = new Set(expressions.flatMap((field) => [...field.columns]));
  const sources = fields.map(({ evaluate }) => evaluate).join("\n");
  const visit = (index: number): ReturnType<Visit> => {
    if (!columns.has(index)) return null;
    const read = readingOf(layout, index, sources);
    if (!noted.has(index)) return read;
    return { ...read, value: `${noteText(layout, index)} ${read.value}` };
  };
  const walk = columns.size === 0 ? "" : `{ ${walkSource(layout, behindLast(columns), visit)} }`;
  const declared = [
    ...Array.from(columns, (column) => `v${column} = null, n${column} = null`),
    ...Array.from(noted, (column) => `f${column} = -1, l${column} = 0`),
  ];
  return {
    evaluate: `${declared.length === 0 ? "" : `let ${declared.join(", ")};`} ${walk} ${sources}`,
    bound: fields.map(({ bound }) => bound).join(" "),
    write: fields.map(({ write }) => write).join("\n"),
  };
}

/** Declares the variables of columns that are read. */
export function declareValues(columns: Iterable<number>): string {
  const names = Array.from(columns, (column) => `v${column} = null`);
  return names.length === 0 ? "" : `let ${names.join(", ")};`;
}

/** Reads these columns into `v0`, `v1`… during a walk. */
export function reading(layout: RowLayout, columns: ReadonlySet<number>): Visit {
  return (index) =>
    columns.has(index)
      ? { before: toldCheck(layout, index), value: layout.readValue(index, `v${index}`), none: "" }
      : null;
}

/** One behind the last of the columns. */
export function behindLast(columns: Iterable<number>): number {
  return Math.max(0, ...Array.from(columns, (column) => column + 1));
}

function toldCheck(layout: RowLayout, index: number): string {
  return layout.isTold === undefined ? "" : `if (!(${layout.isTold(index)})) untold();`;
}

/** Reads a column into those of its variables that `sources` have. */
function readingOf(
  layout: RowLayout,
  index: number,
  sources: string,
): NonNullable<ReturnType<Visit>> {
  const has = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(sources);
  const [whole, number] = [`v${index}`, `n${index}`];
  const isRead = has(whole);
  let value: string;
  if (!has(number)) value = isRead ? layout.readValue(index, whole) : layout.skip(index);
  else if (isRead || layout.readNumber === undefined)
    value = `${layout.readValue(index, whole)} ${number} = Number(${whole});`;
  else value = layout.readNumber(index, number);
  return { before: toldCheck(layout, index), value, none: "" };
}

interface FieldSource {
  readonly evaluate: string;
  readonly bound: string;
  readonly write: string;
}

function evaluated(field: ExpressionPlan, name: string, fixed: number): FieldSource {
  const { variable, source, isNullable, json } = field;
  const prepare =
    isNullable && json.prepare !== ""
      ? `if (${variable} !== null) { ${json.prepare} }`
      : json.prepare;
  const bound = isNullable ? `(${variable} === null ? 0 : ${json.bound})` : json.bound;
  return {
    evaluate: `const ${variable} = ${source}; ${prepare}`,
    bound: `bound += ${fixed} + ${bound};`,
    write: isNullable
      ? `${name} if (${variable} === null) { ${storeSource("null")} } else { ${json.write} }`
      : `${name} ${json.write}`,
  };
}

function copied(
  { variable, source, json }: ExpressionPlan,
  {
    copy: { column, map },
    name,
    fixed,
    code,
  }: {
    readonly copy: NonNullable<ExpressionPlan["copy"]>;
    readonly name: string;
    readonly fixed: number;
    readonly code: DocumentCode;
  },
): FieldSource {
  const { constants, layout } = code;
  constants["copyText"] = copyText;
  constants["textAt"] = textAt;
  const mapName = `map_${variable}`;
  constants[mapName] = map;
  const place = `f${column}, l${column}`;
  const value = `{
    const copied = copyText(b, ${place}, ${mapName}, out, o);
    if (copied >= 0) o = copied;
    else { v${column} = textAt(b, ${place}); const ${variable} = ${source}; ${json.prepare} ${json.write} }
  }`;
  const isNullable = layout.columns[column]!.nullable;
  return {
    evaluate: "",
    bound: `bound += ${fixed + 2} + 6 * l${column};`,
    write: isNullable
      ? `${name} if (f${column} < 0) { ${storeSource("null")} } else ${value}`
      : `${name} ${value}`,
  };
}

function hasPlace(layout: RowLayout, column: number): boolean {
  return noteText(layout, column) !== null;
}

function noteText(layout: RowLayout, column: number): string | null {
  return layout.noteText?.(column, `f${column}`, `l${column}`) ?? null;
}

function textAt(b: Buffer, from: number, length: number): string {
  return b.toString("utf8", from, from + length);
}

/** Writes the bytes, each as `map` has it, as a JSON string; -1 where it has one not. */
function copyText(
  b: Buffer,
  from: number,
  length: number,
  map: Uint8Array,
  out: Buffer,
  o: number,
): number {
  out[o++] = 0x22;
  for (const end = from + length; from < end; from++) {
    const byte = map[b[from]!]!;
    if (byte === 0) return -1;
    out[o++] = byte;
  }
  out[o++] = 0x22;
  return o;
}
