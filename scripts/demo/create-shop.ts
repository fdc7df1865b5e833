import type { Connection, ResultSetHeader, RowDataPacket } from "mysql2/promise";
import { createRandom, type Random } from "../support/random.ts";
import { CREATE_TABLE, SHOP_TABLES, type ShopTable } from "./shop-tables.ts";
import { SHOP_RULES } from "./shop-rules.ts";
import {
  customerRow,
  INSERTED_COLUMNS,
  itemRow,
  orderRow,
  productRow,
  type Value,
} from "./shop-rows.ts";

/** How many rows a new shop has; with the items of the orders about 100,000. */
export const SHOP_SIZE = { customers: 10_000, products: 2_500, orders: 25_000 } as const;

const ROWS_A_STATEMENT = 1_000;

/** Drops the shop of an earlier demo. */
export async function dropShop(connection: Connection, database: string): Promise<void> {
  await connection.query(`DROP DATABASE IF EXISTS \`${database}\``);
}

/** Creates the database and the shop's tables, and fills them. The connection's default database is the shop then. Returns the rows. */
export async function createShop(connection: Connection, database: string): Promise<number> {
  await connection.query(`CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4`);
  await connection.query(`USE \`${database}\``);
  for (const table of SHOP_TABLES) await connection.query(CREATE_TABLE[table]);
  const random = createRandom(1, "shop");
  const counts = [
    await fill(
      connection,
      "customers",
      repeat(SHOP_SIZE.customers, () => customerRow(random)),
    ),
    await fill(
      connection,
      "products",
      repeat(SHOP_SIZE.products, (i) => productRow(random, i)),
    ),
    await fill(
      connection,
      "orders",
      repeat(SHOP_SIZE.orders, () => orderRow(random, SHOP_SIZE.customers)),
    ),
    await fill(connection, "order_items", firstItems(random)),
  ];
  return counts.reduce((sum, count) => sum + count, 0);
}

/** How many documents the rules make of the shop as it is now. */
export async function countDocuments(connection: Connection, database: string): Promise<number> {
  const counts = SHOP_TABLES.map((table) => {
    const { where = "TRUE" } = SHOP_RULES[table].expected;
    return `(SELECT COUNT(*) FROM \`${database}\`.${table} WHERE ${where})`;
  });
  const [[row]] = await connection.query<RowDataPacket[]>(`SELECT ${counts.join(" + ")} AS count`);
  return Number(row?.["count"]);
}

/** Inserts rows of a table in one statement; returns the first id that the server gave out, where it does that. */
export async function insertRows(
  connection: Connection,
  table: ShopTable,
  rows: readonly (readonly Value[])[],
): Promise<number> {
  const [result] = await connection.query<ResultSetHeader>(
    `INSERT INTO ${table} (${INSERTED_COLUMNS[table]}) VALUES ?`,
    [rows],
  );
  return result.insertId;
}

async function fill(
  connection: Connection,
  table: ShopTable,
  rows: readonly (readonly Value[])[],
): Promise<number> {
  for (let i = 0; i < rows.length; i += ROWS_A_STATEMENT)
    await insertRows(connection, table, rows.slice(i, i + ROWS_A_STATEMENT));
  return rows.length;
}

function firstItems(random: Random): Value[][] {
  return repeat(SHOP_SIZE.orders, (order) =>
    repeat(random.integer(1, 4), (line) =>
      itemRow(random, { order: order + 1, line: line + 1 }, SHOP_SIZE.products),
    ),
  ).flat();
}

function repeat<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
