/** The oracle of every test here is a real server's own conversion to utf8mb4. */
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise";
import { expect, test } from "vitest";
import { createTextWriter, decodeText } from "../../src/binlog/values/text.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { recordChanges } from "../support/recorded-changes.ts";

const SERVERS = ["MYSQL", "MARIADB"] as const;
const SAMPLES = [
  "",
  'plain "quoted" back\\slash\ttab\u0001',
  "Grüße, señor: 10 € ~ ¥ ‾",
  "Привет, Ελληνικά, עברית, العربية, ไทย, Հայերեն, ქართული",
  "日本語ｶﾀｶﾅ、漢字～－∥￠￡￢①Ⅷ㈱髙﨑",
  "简体中文 繁體中文 한국어 똠방각하 𠮷野家 😀",
];

interface ValueRow extends RowDataPacket {
  readonly value: string | null;
}

interface CodeRow extends RowDataPacket {
  readonly code: string;
  readonly utf8: string | null;
  readonly characters: number;
}

async function connect(server: string): Promise<Connection> {
  const uri = process.env[`TAILRACE_TEST_${server}_URL`] ?? "";
  return await createConnection({ uri, charset: "utf8mb4" });
}

/** What the server makes of bytes in a character set. */
async function convert(connection: Connection, charset: string, bytes: Buffer): Promise<string> {
  const literal = `CONVERT(X'${bytes.toString("hex")}' USING ${charset})`;
  const [rows] = await connection.query<ValueRow[]>(
    `SELECT HEX(CONVERT(${literal} USING utf8mb4)) AS value`,
  );
  return Buffer.from(rows[0]?.value ?? "", "hex").toString("utf8");
}

/** Codes of `digits` hexadecimal digits from `first` on that MySQL takes as one character; MariaDB does not tell. */
async function validCodes(
  mysql: Connection,
  charset: string,
  { first, digits, prefix = "" }: { first: number; digits: number; prefix?: string },
): Promise<string[]> {
  const code = `CONCAT('${prefix}', LPAD(HEX(i), ${digits}, '0'))`;
  // The newline shows a lead byte alone: it makes an invalid text, for which the conversion is NULL.
  const withNewline = `CONVERT(UNHEX(CONCAT(${code}, '0A')) USING ${charset})`;
  const [rows] = await mysql.query<CodeRow[]>(
    `WITH RECURSIVE n (i) AS (SELECT ${first} UNION ALL SELECT i + 1 FROM n WHERE i < ${16 ** digits - 1})
     SELECT /*+ SET_VAR(cte_max_recursion_depth = 100000) */ ${code} AS code,
       HEX(CONVERT(${withNewline} USING utf8mb4)) AS utf8, CHAR_LENGTH(${withNewline}) AS characters FROM n`,
  );
  return rows.filter((row) => row.utf8 !== null && row.characters === 2).map((row) => row.code);
}

/** Joins codes into lines, so that a difference shows its surroundings. */
function lines(codes: readonly string[], newline: string): Buffer {
  return Buffer.from(
    codes.map((code, i) => (i % 16 === 15 ? code + newline : code)).join(""),
    "hex",
  );
}

function expectSameLines(actual: string, expected: string): void {
  if (actual === expected) return;
  expect(actual.split("\n")).toEqual(expected.split("\n"));
}

async function charsets(connection: Connection, maxBytes: string): Promise<string[]> {
  const [rows] = await connection.query<ValueRow[]>(
    `SELECT CHARACTER_SET_NAME AS value FROM information_schema.CHARACTER_SETS
     WHERE CHARACTER_SET_NAME <> 'binary' AND MAXLEN IN (${maxBytes})`,
  );
  return rows.map((row) => row.value ?? "");
}

test.for(SERVERS)("a text writer exists for every character set of %s", async (server) => {
  await using connection = await connect(server);
  const names = await charsets(connection, "1, 2, 3, 4");
  expect(names.length).toBeGreaterThan(38);
  for (const name of names) expect(createTextWriter(name)).toBeTypeOf("function");
});

test.for(SERVERS)(
  "every byte of every single-byte character set reads as %s reads it",
  async (server) => {
    await using connection = await connect(server);
    for (const charset of await charsets(connection, "1")) {
      const codes = await validCodes(connection, charset, { first: 0, digits: 2 });
      // An ascii column takes nothing else, though a conversion lets it pass.
      if (charset === "ascii") codes.splice(128);
      expect(codes.length, charset).toBeGreaterThan(127);
      const bytes = lines(codes, "0A");
      expectSameLines(decodeText(charset, bytes), await convert(connection, charset, bytes));
    }
  },
);

test.for(SERVERS)(
  "every code of every multi-byte character set reads as %s reads it",
  async (server) => {
    await using mysql = await connect("MYSQL");
    await using connection = await connect(server);
    for (const charset of await charsets(connection, "2, 3")) {
      if (charset === "ucs2" || charset === "utf8mb3") continue;
      const codes = [
        ...(await validCodes(mysql, charset, { first: 0, digits: 2 })),
        ...(await validCodes(mysql, charset, { first: 0x8000, digits: 4 })),
        ...(await validCodes(mysql, charset, { first: 0x8000, digits: 4, prefix: "8F" })),
      ];
      expect(codes.length, charset).toBeGreaterThan(7000);
      const bytes = lines(codes, "0A");
      expectSameLines(decodeText(charset, bytes), await convert(connection, charset, bytes));
    }
  },
);

test("every code of gb18030 reads as MySQL reads it", async () => {
  await using connection = await connect("MYSQL");
  const short = await validCodes(connection, "gb18030", { first: 0x8000, digits: 4 });
  expect(short.length).toBe(23_940);
  const bytes = lines(short, "0A");
  expectSameLines(decodeText("gb18030", bytes), await convert(connection, "gb18030", bytes));
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    const block = gb18030Block(lead);
    expectSameLines(decodeText("gb18030", block), await convert(connection, "gb18030", block));
  }
});

/** All codes of four bytes with a lead byte, a line for every two leading bytes. */
function gb18030Block(lead: number): Buffer {
  const bytes: number[] = [];
  for (let second = 0x30; second <= 0x39; second++) {
    for (let third = 0x81; third <= 0xfe; third++) {
      for (let fourth = 0x30; fourth <= 0x39; fourth++) bytes.push(lead, second, third, fourth);
    }
    bytes.push(0x0a);
  }
  return Buffer.from(bytes);
}

test.for(SERVERS)(
  "every code point of the Unicode character sets reads as %s reads it",
  async (server) => {
    await using connection = await connect(server);
    const text = allCodePoints(0x10ffff);
    const basic = allCodePoints(0xffff);
    const utf16 = Buffer.from(text, "utf16le");
    const encoded: Record<string, Buffer> = {
      utf8mb4: Buffer.from(text, "utf8"),
      utf8mb3: Buffer.from(basic, "utf8"),
      utf16le: utf16,
      utf16: Buffer.from(utf16).swap16(),
      ucs2: Buffer.from(basic, "utf16le").swap16(),
      utf32: encodeUtf32(text),
    };
    for (const [charset, bytes] of Object.entries(encoded)) {
      const decoded = decodeText(charset, bytes);
      expectSameLines(decoded, charset === "ucs2" || charset === "utf8mb3" ? basic : text);
      expectSameLines(decoded, await convert(connection, charset, bytes));
    }
  },
);

function allCodePoints(last: number): string {
  const parts: string[] = [];
  for (let point = 0; point <= last; point++) {
    if (point < 0xd800 || point > 0xdfff) parts.push(String.fromCodePoint(point));
    if (point % 0x1000 === 0xfff) parts.push("\n");
  }
  return parts.join("");
}

function encodeUtf32(text: string): Buffer {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const bytes = Buffer.alloc(4 * points.length);
  for (const [i, point] of points.entries()) bytes.writeUInt32BE(point, 4 * i);
  return bytes;
}

interface SelectedRow extends RowDataPacket {
  readonly value: Buffer;
}

test("a surrogate in a ucs2 column reads the same from the row image and from a SELECT", async () => {
  await using connection = await connect("MYSQL");
  const bytes = Buffer.from("0041d83dde000042dc00", "hex");
  const [rows] = await connection.query<SelectedRow[]>({
    sql: `SELECT CONVERT(X'${bytes.toString("hex")}' USING ucs2) AS value`,
    typeCast: (field) => field.buffer(),
  });
  const selected = rows[0]?.value ?? Buffer.alloc(0);
  expect(decodeText("ucs2", bytes)).toBe(decodeText("utf8mb4", selected));
  expect(decodeText("ucs2", bytes)).toBe(`A${"\ufffd".repeat(6)}B${"\ufffd".repeat(3)}`);
});

test.for(["mysql", "mariadb"] as const)(
  "columns of every character set read the same from the binlog of %s and from a SELECT",
  async (server) => {
    await using db = await openTestDatabase(server);
    const names = await charsets(db.connection, "1, 2, 3, 4");
    const { actions } = await recordChanges({
      url: db.url.href,
      database: db.name,
      work: async () => {
        for (const charset of names) {
          await db.query(
            `CREATE TABLE ${charset} (id VARCHAR(20) PRIMARY KEY,
             v VARCHAR(80) CHARACTER SET ${charset}, t TEXT CHARACTER SET ${charset}, c CHAR(9) CHARACTER SET ${charset})`,
          );
          // What a character set does not have becomes a question mark.
          await db.query("SET sql_mode = ''");
          for (const [i, text] of SAMPLES.entries()) {
            await db.query(`INSERT INTO ${charset} VALUES (?, ?, ?, ?)`, [
              `${charset} ${i}`,
              text,
              text,
              text,
            ]);
          }
        }
      },
    });
    const documents = actions.map((action) => (action.kind === "index" ? action.document : ""));
    const selected: string[] = [];
    for (const charset of names) {
      const rows = await db.query<Record<string, string>>(
        `SELECT id, v, t, c FROM ${charset} ORDER BY id`,
      );
      selected.push(...rows.map((row) => JSON.stringify(row)));
    }
    expect(documents).toEqual(selected);
    expect(selected).toHaveLength(names.length * SAMPLES.length);
  },
);
