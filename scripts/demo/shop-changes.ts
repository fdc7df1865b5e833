import type { Connection, ResultSetHeader } from "mysql2/promise";
import type { Random } from "../support/random.ts";
import { insertRows, SHOP_SIZE } from "./create-shop.ts";
import { customerRow, itemRow, orderRow, priceText } from "./shop-rows.ts";
import { ORDER_STATES } from "./shop-tables.ts";

/** What the shop's changes share: the ids to choose from, and what the schema has by now. */
export interface Shop {
  customers: number;
  lastOrder: number;
  /** Set once orders have the column gift_message. */
  hasGiftMessage: boolean;
}

/** The shop as it was created. */
export function newShop(): Shop {
  return { customers: SHOP_SIZE.customers, lastOrder: SHOP_SIZE.orders, hasGiftMessage: false };
}

/** One transaction of the daily business, on a connection of its own. Returns the rows it changed. */
export type Change = (connection: Connection, shop: Shop, random: Random) => Promise<number>;

/** The daily business: each change with how often it happens. */
export const CHANGES: readonly { readonly weight: number; readonly item: Change }[] = [
  { weight: 36, item: placeOrder },
  { weight: 28, item: moveOrder },
  { weight: 10, item: changePrice },
  { weight: 8, item: changePreferences },
  { weight: 4, item: addCustomer },
  { weight: 10, item: deleteOrder },
  { weight: 4, item: renumberItems },
];

/** An order with its items, and the stock that they take. */
async function placeOrder(connection: Connection, shop: Shop, random: Random): Promise<number> {
  return await inTransaction(connection, async () => {
    const order = await insertRows(connection, "orders", [orderRow(random, shop.customers)]);
    const items = Array.from({ length: random.integer(1, 5) }, (_, line) =>
      itemRow(random, { order, line: line + 1 }, SHOP_SIZE.products),
    );
    await insertRows(connection, "order_items", items);
    // In the order of their ids, as everybody does: no deadlocks.
    const products = [...new Set(items.map((item) => Number(item[2])))].toSorted((a, b) => a - b);
    const sold = await run(connection, "UPDATE products SET stock = stock - 1 WHERE id IN (?)", [
      products,
    ]);
    const gifts =
      shop.hasGiftMessage && random.chance(0.3)
        ? await run(connection, "UPDATE orders SET gift_message = ? WHERE id = ?", [
            random.pick(["Alles Gute! 🎂", "お誕生日おめでとう", "for you"]),
            order,
          ])
        : 0;
    shop.lastOrder = Math.max(shop.lastOrder, order);
    return 1 + items.length + sold + gifts;
  });
}

async function moveOrder(connection: Connection, shop: Shop, random: Random): Promise<number> {
  return await run(connection, "UPDATE orders SET status = ? WHERE id = ?", [
    random.pick(ORDER_STATES),
    random.integer(1, shop.lastOrder),
  ]);
}

async function changePrice(connection: Connection, _shop: Shop, random: Random): Promise<number> {
  return await run(connection, "UPDATE products SET price = ? WHERE id = ?", [
    priceText(random),
    random.integer(1, SHOP_SIZE.products),
  ]);
}

async function changePreferences(
  connection: Connection,
  shop: Shop,
  random: Random,
): Promise<number> {
  const sql =
    "UPDATE customers SET preferences = JSON_SET(preferences, '$.language', ?, '$.visits', ?) WHERE id = ?";
  return await run(connection, sql, [
    random.pick(["de", "en", "ja", "pl"]),
    random.integer(1, 1000),
    random.integer(1, shop.customers),
  ]);
}

async function addCustomer(connection: Connection, shop: Shop, random: Random): Promise<number> {
  const id = await insertRows(connection, "customers", [customerRow(random)]);
  shop.customers = Math.max(shop.customers, id);
  return 1;
}

async function deleteOrder(connection: Connection, shop: Shop, random: Random): Promise<number> {
  const id = random.integer(1, shop.lastOrder);
  return await inTransaction(connection, async () => {
    const orders = await run(connection, "DELETE FROM orders WHERE id = ?", [id]);
    return orders + (await run(connection, "DELETE FROM order_items WHERE order_id = ?", [id]));
  });
}

/** Changes primary keys: the documents move to other ids. */
async function renumberItems(connection: Connection, shop: Shop, random: Random): Promise<number> {
  const sql = "UPDATE order_items SET line = line + 10 WHERE order_id = ? ORDER BY line DESC";
  return await run(connection, sql, [random.integer(1, shop.lastOrder)]);
}

/** One large transaction: thousands of rows at once. */
export async function giveLoyaltyPoints(connection: Connection): Promise<number> {
  return await run(connection, "UPDATE customers SET loyalty_points = loyalty_points + 10", []);
}

/** A new column; orders placed from now on use it. */
export async function addGiftMessage(connection: Connection, shop: Shop): Promise<void> {
  await connection.query(
    "ALTER TABLE orders ADD COLUMN gift_message VARCHAR(120) NULL AFTER status",
  );
  shop.hasGiftMessage = true;
}

async function inTransaction(connection: Connection, work: () => Promise<number>): Promise<number> {
  await connection.beginTransaction();
  try {
    const rows = await work();
    await connection.commit();
    return rows;
  } catch (error) {
    await connection.rollback();
    throw error;
  }
}

async function run(
  connection: Connection,
  sql: string,
  values: readonly unknown[],
): Promise<number> {
  const [result] = await connection.query<ResultSetHeader>(sql, [...values]);
  return result.affectedRows;
}
