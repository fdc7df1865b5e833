import { describe, expect, test } from "vitest";
import { openConnection, parseConnectionUrl, type Connection } from "../../src/mysql/connection.ts";
import { describeTable, listTables, type TableDescription } from "../../src/mysql/table-lookup.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { testServerUrl } from "../support/servers.ts";

type Server = "mysql" | "mariadb";

function connectTo(server: Server): Promise<Connection> {
  return openConnection(parseConnectionUrl(testServerUrl(server).href));
}

/** Creates a table and looks it up. */
async function described(server: Server, columns: string): Promise<TableDescription> {
  await using database = await openTestDatabase(server);
  await database.query(`CREATE TABLE t (${columns})`);
  await using connection = await connectTo(server);
  const description = await describeTable(connection, database.name, "t");
  if (description === null) throw new Error("the table was not found");
  return description;
}

async function typesOf(server: Server, ...types: readonly string[]): Promise<unknown[]> {
  const columns = types.map((type, i) => `c${i} ${type}`).join(", ");
  return (await described(server, columns)).schema.columns.map((column) => column.type);
}

async function keyOf(server: Server, columns: string): Promise<(string | undefined)[]> {
  const { schema } = await described(server, columns);
  return schema.primaryKey.map((index) => schema.columns[index]?.name);
}

describe.each(["mysql", "mariadb"] as const)("a table of %s", (server) => {
  test("has every type with its exact shape", async () => {
    const text = (charset: string, maxBytes: number, large = false): object => ({
      kind: "text",
      charset,
      collation: expect.stringMatching(new RegExp(`^${charset}_`)) as string,
      maxBytes,
      large,
    });
    const collation = expect.stringMatching(/^(?:utf8mb4|ucs2)_/) as string;
    const cases: readonly (readonly [string, object])[] = [
      ["TINYINT(1)", { kind: "integer", bytes: 1, unsigned: false }],
      ["SMALLINT UNSIGNED", { kind: "integer", bytes: 2, unsigned: true }],
      ["MEDIUMINT", { kind: "integer", bytes: 3, unsigned: false }],
      ["INT(5) ZEROFILL", { kind: "integer", bytes: 4, unsigned: true }],
      ["BIGINT UNSIGNED", { kind: "integer", bytes: 8, unsigned: true }],
      ["DECIMAL(65,30)", { kind: "decimal", precision: 65, scale: 30 }],
      ["DECIMAL", { kind: "decimal", precision: 10, scale: 0 }],
      ["FLOAT(7,2)", { kind: "float" }],
      ["DOUBLE UNSIGNED", { kind: "double" }],
      ["BIT(9)", { kind: "bit", bits: 9 }],
      ["YEAR", { kind: "year" }],
      ["DATE", { kind: "date" }],
      ["TIME(6)", { kind: "time", fraction: 6 }],
      ["DATETIME", { kind: "datetime", fraction: 0 }],
      ["TIMESTAMP(3) NULL", { kind: "timestamp", fraction: 3 }],
      ["CHAR(5) CHARACTER SET ucs2", text("ucs2", 10)],
      ["NCHAR(3)", text("utf8mb3", 9)],
      ["VARCHAR(20) CHARACTER SET latin1", text("latin1", 20)],
      ["TINYTEXT", text("utf8mb4", 255)],
      ["TEXT", text("utf8mb4", 65_535, true)],
      ["MEDIUMTEXT", text("utf8mb4", 16_777_215, true)],
      ["LONGTEXT CHARACTER SET gbk", text("gbk", 4_294_967_295, true)],
      ["BINARY(4)", { kind: "binary", fixedLength: 4, maxBytes: 4, large: false }],
      ["VARBINARY(70)", { kind: "binary", maxBytes: 70, large: false }],
      ["TINYBLOB", { kind: "binary", maxBytes: 255, large: false }],
      ["BLOB", { kind: "binary", maxBytes: 65_535, large: true }],
      [
        String.raw`ENUM('it''s','a,b','back\\slash','new\nline','','Ωü','par)en')`,
        {
          kind: "enum",
          collation,
          members: ["it's", "a,b", "back\\slash", "new\nline", "", "Ωü", "par)en"],
        },
      ],
      ["ENUM('ä','日本') CHARACTER SET ucs2", { kind: "enum", collation, members: ["ä", "日本"] }],
      ["SET('x','y''z','(')", { kind: "set", collation, members: ["x", "y'z", "("] }],
      ["JSON", { kind: "json", text: server === "mariadb" }],
      ["GEOMETRY", { kind: "geometry" }],
      ["MULTIPOLYGON", { kind: "geometry" }],
      ["GEOMETRYCOLLECTION", { kind: "geometry" }],
    ];
    const types = await typesOf(server, ...cases.map(([sql]) => sql));
    expect(types).toEqual(cases.map(([, type]) => type));
  });

  test("shows generated and invisible columns in their place", async () => {
    const { schema } = await described(
      server,
      "id INT PRIMARY KEY, v INT AS (id + 1) VIRTUAL, hidden INT INVISIBLE, s INT AS (id + 2) STORED, n INT NOT NULL",
    );
    expect(schema.columns.map(({ name, nullable }) => `${name} ${nullable}`)).toEqual([
      "id false",
      "v true",
      "hidden true",
      "s true",
      "n false",
    ]);
  });

  test.each([
    ["a INT, b INT, c INT, PRIMARY KEY (c, a)", ["c", "a"]],
    ["a INT, b VARCHAR(9), PRIMARY KEY (b(3))", ["b"]],
    // Without a primary key the server logs the first unique key of whole NOT NULL columns as one.
    [
      "a INT, b INT NOT NULL, c VARCHAR(9) NOT NULL, d INT NOT NULL, KEY (a), UNIQUE (c(3)), UNIQUE (a, b), UNIQUE bc (d, c), UNIQUE (b)",
      ["d", "c"],
    ],
    ["a INT, b INT NOT NULL, UNIQUE (a), KEY (b)", []],
  ])("%s has the key %j", async (columns, key) => {
    expect(await keyOf(server, columns)).toEqual(key);
  });

  test("is found by its exact name only, whatever the name", async () => {
    await using database = await openTestDatabase(server);
    await database.query(
      "CREATE TABLE `we``ird .ná%me` (`co``l` INT PRIMARY KEY); CREATE VIEW v AS SELECT 1 one",
    );
    await using connection = await connectTo(server);
    const found = await describeTable(connection, database.name, "we`ird .ná%me");
    expect(found?.schema.columns.map(({ name }) => name)).toEqual(["co`l"]);
    expect(found?.engine).toBe("InnoDB");
    for (const table of ["WE`IRD .NÁ%ME", "we`ird .na%me", "we`ird .ná%m", "v"]) {
      expect(await describeTable(connection, database.name, table)).toBeNull();
    }
  });

  test("is listed, a view is not", async () => {
    await using database = await openTestDatabase(server);
    await database.query(
      "CREATE TABLE order_1 (id INT); CREATE TABLE orders (id INT); CREATE VIEW order_v AS SELECT 1 one",
    );
    await using connection = await connectTo(server);
    const listed = await listTables(
      connection,
      (name, table) => name === database.name && table.startsWith("order"),
    );
    expect(listed.map(({ table }) => table)).toEqual(["order_1", "orders"]);
  });
});

test("MySQL: VECTOR and the primary key that the server makes itself", async () => {
  expect(await typesOf("mysql", "VECTOR(3)")).toEqual([{ kind: "vector" }]);
  await using database: TestDatabase = await openTestDatabase("mysql");
  await database.query(
    "SET sql_generate_invisible_primary_key = ON, show_gipk_in_create_table_and_information_schema = OFF; CREATE TABLE t (a INT)",
  );
  await using connection = await connectTo("mysql");
  const schema = (await describeTable(connection, database.name, "t"))?.schema;
  expect(schema?.columns.map(({ name }) => name)).toEqual(["my_row_id", "a"]);
  expect(schema?.primaryKey).toEqual([0]);
});

test("MariaDB: JSON is known by its check, other checks are not JSON", async () => {
  const json = { kind: "json", text: true };
  const { schema } = await described(
    "mariadb",
    "`j``s` JSON, own LONGTEXT CHECK (json_valid(own)), more LONGTEXT CHECK (json_valid(more) AND 1), plain LONGTEXT CHECK (length(plain) > 3)",
  );
  expect(schema.columns.map(({ type }) => type)).toEqual([
    json,
    json,
    expect.objectContaining({ kind: "text" }),
    expect.objectContaining({ kind: "text" }),
  ]);
});

test("MariaDB: UUID, INET and compressed columns have their types", async () => {
  expect(await typesOf("mariadb", "UUID", "INET6", "INET4", "VARCHAR(10) COMPRESSED")).toEqual([
    { kind: "uuid" },
    { kind: "inet", version: 6 },
    { kind: "inet", version: 4 },
    {
      kind: "text",
      charset: "utf8mb4",
      collation: "utf8mb4_general_ci",
      maxBytes: 40,
      large: false,
    },
  ]);
});

test("MariaDB: the end of a system-versioned row is known and no part of the key", async () => {
  const implicit = await describedTable("id INT PRIMARY KEY) WITH SYSTEM VERSIONING");
  expect(implicit.columns.map(({ name, hidden }) => [name, hidden])).toEqual([
    ["id", undefined],
    ["row_start", true],
    ["row_end", true],
  ]);
  expect(implicit).toMatchObject({ primaryKey: [0], rowEnd: 2 });
  const explicit = await describedTable(
    "e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, id INT PRIMARY KEY, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, " +
      "PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING",
  );
  expect(explicit.columns.map(({ name, hidden }) => [name, hidden])).toEqual([
    ["e", undefined],
    ["id", undefined],
    ["s", undefined],
  ]);
  expect(explicit).toMatchObject({ primaryKey: [1], rowEnd: 0 });
});

async function describedTable(definition: string): Promise<TableDescription["schema"]> {
  await using database = await openTestDatabase("mariadb");
  await database.query(`CREATE TABLE t (${definition}`);
  await using connection = await connectTo("mariadb");
  const description = await describeTable(connection, database.name, "t");
  if (description === null) throw new Error("the table was not found");
  return description.schema;
}

test("MariaDB: a sequence is no table", async () => {
  await using database = await openTestDatabase("mariadb");
  await database.query("CREATE SEQUENCE s; CREATE TABLE v (id INT) WITH SYSTEM VERSIONING");
  await using connection = await connectTo("mariadb");
  expect(await describeTable(connection, database.name, "s")).toMatchObject({ isSequence: true });
  const listed = await listTables(connection, (name) => name === database.name);
  expect(listed.map(({ table }) => table)).toEqual(["v"]);
});
