import type { TestRecord } from "./kafka-topics.ts";

/** A row of the table `shop.orders` (id int primary key, v varchar(100)). */
export interface OrderRow {
  readonly id: number;
  readonly v: string;
}

/** A change of `shop.orders` as Canal writes it; `more` replaces members. */
export function canalRecord(
  type: "INSERT" | "UPDATE" | "DELETE",
  rows: readonly OrderRow[],
  more: Readonly<Record<string, unknown>> = {},
): TestRecord {
  return {
    value: JSON.stringify({
      data: rows.map(({ id, v }) => ({ id: String(id), v })),
      database: "shop",
      es: 1_795_430_613_000,
      gtid: "",
      id: 1,
      isDdl: false,
      mysqlType: { id: "int", v: "varchar(100)" },
      old: type === "UPDATE" ? rows.map(() => ({ v: "before" })) : null,
      pkNames: ["id"],
      sql: "",
      sqlType: { id: 4, v: 12 },
      table: "orders",
      ts: 1_795_430_613_100,
      type,
      ...more,
    }),
  };
}

/** A statement on `shop.orders` as Canal writes it. */
export function canalStatement(type: "TRUNCATE" | "ALTER" | "ERASE", sql: string): TestRecord {
  return canalRecord("INSERT", [], {
    type,
    sql,
    isDdl: true,
    data: null,
    mysqlType: null,
    pkNames: null,
    sqlType: null,
  });
}

/** With the headers of records that our capture writes. */
export function ours(record: TestRecord, version: bigint): TestRecord {
  const headers = {
    "tailrace.version": String(version),
    "tailrace.schema": "00112233445566aa",
    "tailrace.commit_us": String(Date.now() * 1_000),
  };
  return { ...record, headers: { ...headers, ...record.headers } };
}

/** A rule for `shop.orders`. */
export function ordersRule(index: string, more = ""): string {
  return `[[rules]]\ntable = "shop.orders"\nindex = "${index}"\n${more}\n`;
}
