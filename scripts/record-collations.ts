/**
 * Writes src/expression/text/collations/tables.ts: the weights that MySQL gives every character in the collations that rules compare by, and its upper and
 * lower case of every character. Run it against a MySQL:
 *
 *     node scripts/record-collations.ts mysql://root@127.0.0.1:3306/
 *
 * Most characters of most tables have weights by a formula (`Formula`), which is verified here for each of them; the rest is written down. The stream that
 * `unpackWeights` reads is a row of variable-length numbers: the shapes (how many weights on each level), the runs of code points with their formula, the shape of each
 * explicit character, then level by level its weights, those of the first as differences.
 */
import { writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { Formula, formulaWeights } from "../src/expression/text/collations/formula.ts";

const TABLE_FILE = new URL("../src/expression/text/collations/tables.ts", import.meta.url);
const CODE_POINTS = 0x110000;
const CHUNK = 8192;
const BASE64_COLUMNS = 480;

/** The collations that are asked, by the table's name. */
const UNICODE_TABLES = {
  uca900: "utf8mb4_0900_as_cs",
  uca520: "utf8mb4_unicode_520_ci",
  uca400: "utf8mb4_unicode_ci",
  general: "utf8mb4_general_ci",
} as const;
const LATIN1_TABLES = [
  "swedish_ci",
  "general_ci",
  "general_cs",
  "german1_ci",
  "danish_ci",
  "spanish_ci",
  "bin",
];
const CASE_TABLES = {
  unicode900: "utf8mb4_0900_ai_ci",
  unicode520: "utf8mb4_unicode_520_ci",
  unicode300: "utf8mb4_general_ci",
} as const;

/** Weights of a character, by level. */
type Weights = readonly (readonly number[])[];

/** Values of a character expression for code points, in chunks: `c` is the character in `charset`. */
async function ask(
  connection: Connection,
  points: readonly number[],
  expressions: readonly string[],
): Promise<string[][]> {
  const columns: string[][] = expressions.map(() => []);
  for (let start = 0; start < points.length; start += CHUNK) {
    const codes = points
      .slice(start, start + CHUNK)
      .map((point) => point.toString(16).padStart(8, "0"));
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT ${expressions.map((expression, i) => `HEX(${expression}) AS e${i}`).join(", ")}
       FROM (SELECT o, CONVERT(CONVERT(UNHEX(h) USING utf32) USING utf8mb4) AS c
             FROM JSON_TABLE(?, '$[*]' COLUMNS (o FOR ORDINALITY, h VARCHAR(8) CHARACTER SET ascii PATH '$')) j) t ORDER BY o`,
      [JSON.stringify(codes)],
    );
    for (const row of rows) columns.forEach((column, i) => column.push(String(row[`e${i}`])));
  }
  return columns;
}

function allPoints(): number[] {
  return Array.from({ length: CODE_POINTS }, (_, i) => i).filter((i) => i < 0xd800 || i > 0xdfff);
}

/** The levels of a weight string, which zeros divide. */
function levelsOf(hex: string, isSingle: boolean): Weights {
  const weights = (hex.match(/.{4}/g) ?? []).map((weight) => Number.parseInt(weight, 16));
  const levels: number[][] = [[]];
  for (const weight of weights) {
    if (weight === 0 && !isSingle) levels.push([]);
    else levels.at(-1)?.push(weight);
  }
  return levels;
}

class Packer {
  readonly #bytes: number[] = [];

  number(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes.push((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.#bytes.push(rest);
  }

  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Base64 of the Brotli stream. */
  finish(): string {
    const packed = brotliCompressSync(Buffer.from(this.#bytes), {
      params: { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS },
    });
    return packed.toString("base64");
  }
}

function packWeights(entries: ReadonlyMap<number, Weights>): string {
  const levelCount = [...entries.values()][0]?.length ?? 1;
  const runs: [length: number, formula: number][] = [];
  const explicit: Weights[] = [];
  for (let point = 0; point < CODE_POINTS; point++) {
    const weights = entries.get(point);
    const formula =
      weights === undefined
        ? (runs.at(-1)?.[1] ?? Formula.substitute)
        : formulaOf(point, weights, entries);
    if (formula === Formula.explicit && weights !== undefined) explicit.push(weights);
    // what is no character takes part in no run of explicit ones
    const kept =
      weights === undefined && formula === Formula.explicit ? Formula.substitute : formula;
    const last = runs.at(-1);
    if (last?.[1] === kept) last[0]++;
    else runs.push([1, kept]);
  }
  const shapeOf = (weights: Weights): string => weights.map((level) => level.length).join();
  const shapes = [...new Set(explicit.map(shapeOf))];
  const packer = new Packer();
  packer.number(levelCount);
  packer.number(shapes.length);
  for (const shape of shapes) for (const count of shape.split(",")) packer.number(Number(count));
  packer.number(runs.length);
  for (const [length, formula] of runs) {
    packer.number(length);
    packer.number(formula);
  }
  for (const weights of explicit) packer.number(shapes.indexOf(shapeOf(weights)));
  for (let level = 0; level < levelCount; level++) {
    let previous = 0;
    for (const weights of explicit) {
      for (const weight of weights[level] ?? []) {
        packer.signed(weight - previous);
        previous = weight;
      }
    }
  }
  return packer.finish();
}

/** The formula that gives a character exactly these weights. */
function formulaOf(point: number, weights: Weights, entries: ReadonlyMap<number, Weights>): number {
  const explicitWeights = (character: number, level: number) =>
    entries.get(character)?.[level] ?? [];
  for (const formula of Object.values(Formula)) {
    if (formula === Formula.explicit) continue;
    const isSame = weights.every(
      (level, i) => formulaWeights(formula, point, i, explicitWeights)?.join() === level.join(),
    );
    if (isSame) return formula;
  }
  return Formula.explicit;
}

/** Characters with another case: code points as differences, targets as differences to them. */
function packCases(points: readonly number[], targets: readonly number[]): string {
  const packer = new Packer();
  const changed = points.flatMap((point, i) =>
    targets[i] === point ? [] : [[point, targets[i] ?? 0] as const],
  );
  packer.number(changed.length);
  let previous = 0;
  for (const [point, target] of changed) {
    packer.number(point - previous);
    packer.signed(target - point);
    previous = point;
  }
  return packer.finish();
}

async function generate(url: string): Promise<string> {
  const connection = await createConnection({ uri: url, charset: "utf8mb4" });
  try {
    const [[server]] = await connection.query<RowDataPacket[]>("SELECT VERSION() AS version");
    const weightTables = new Map<string, string>();
    const points = allPoints();
    const unicode = Object.entries(UNICODE_TABLES);
    const strings = await ask(
      connection,
      points,
      unicode.map(([, collation]) => `WEIGHT_STRING(c COLLATE ${collation})`),
    );
    unicode.forEach(([name], i) => {
      const entries = points.map(
        (point, at) => [point, levelsOf(strings[i]?.[at] ?? "", name === "general")] as const,
      );
      weightTables.set(name, packWeights(new Map(entries)));
    });
    const characters = new TextDecoder("windows-1252").decode(
      Uint8Array.from({ length: 256 }, (_, i) => i),
    );
    const latin1 = Array.from(characters, (character) => character.codePointAt(0) ?? 0);
    const latin1Weights = await ask(
      connection,
      latin1,
      LATIN1_TABLES.map((name) => `WEIGHT_STRING(CONVERT(c USING latin1) COLLATE latin1_${name})`),
    );
    LATIN1_TABLES.forEach((name, i) => {
      const entries = latin1.map(
        (point, at) => [point, [[Number.parseInt(latin1Weights[i]?.[at] ?? "", 16)]]] as const,
      );
      weightTables.set(`latin1_${name}`, packWeights(new Map(entries)));
    });

    const caseTables = new Map<string, string>();
    // Case may be NULL above the second plane; no character there has two.
    const lowPoints = points.filter((point) => point < 0x20000);
    const record = async (name: string, from: readonly number[], source: string) => {
      // spaces behind the character: one of more bytes than its source needs their place
      const [upper = [], lower = []] = await ask(
        connection,
        from,
        ["upper", "lower"].map(
          (f) => `CONVERT(LEFT(${f}(CONCAT(${source}, '    ')), 1) USING utf32)`,
        ),
      );
      caseTables.set(
        `${name}_upper`,
        packCases(
          from,
          upper.map((hex) => Number.parseInt(hex, 16)),
        ),
      );
      caseTables.set(
        `${name}_lower`,
        packCases(
          from,
          lower.map((hex) => Number.parseInt(hex, 16)),
        ),
      );
    };
    for (const [name, collation] of Object.entries(CASE_TABLES))
      await record(name, lowPoints, `c COLLATE ${collation}`);
    await record("latin1", latin1, "CONVERT(c USING latin1)");
    return `/**
 * Generated by scripts/record-collations.ts from MySQL ${String(server?.["version"])}: WEIGHT_STRING, UPPER and LOWER of every character. Base64 of Brotli streams; see
 * \`unpackWeights\` and \`unpackCases\`.
 */

/** Weights by the table's name. */
export const WEIGHT_TABLES = {
${[...weightTables].map(([name, text]) => `  ${name}: \`\n${lines(text)}\`,`).join("\n")}
} as const;

/** Upper and lower case of characters by the table's name. */
export const CASE_TABLES = {
${[...caseTables].map(([name, text]) => `  ${name}: \`\n${lines(text)}\`,`).join("\n")}
} as const;
`;
  } finally {
    await connection.end();
  }
}

function lines(text: string): string {
  return (text.match(new RegExp(`.{1,${BASE64_COLUMNS}}`, "g")) ?? []).join("\n");
}

const url = process.argv[2];
if (url === undefined) throw new Error("usage: node scripts/record-collations.ts mysql://…");
writeFileSync(TABLE_FILE, await generate(url));
