import { BENCH_DATABASE, currentPlace, type LogPlace, type MysqlServer } from "./mysql.ts";
import { createOrdersTable, ORDERS_COLUMNS, orderValues } from "./orders.ts";

/** A stretch of the binary log that holds the inserts of `rows` rows into one table, and nothing else of the benchmarks. */
export interface LogRange {
  /** `database.table`. */
  readonly table: string;
  /** Rows with the ids 1 to `rows`. */
  readonly rows: number;
  readonly start: LogPlace;
  readonly end: LogPlace;
}

const ROWS_PER_STATEMENT = 1_000;

/** The orders in transactions of 1,000 rows, as an application's bulk load writes them. Written once per server, then found again. */
export function ordersRange(
  server: MysqlServer,
  rows: number,
  report: (line: string) => void,
): Promise<LogRange> {
  return findOrWrite(server, `orders_${rows}`, rows, async (table) => {
    report(`writing ${rows} orders into MySQL's binary log`);
    const start = await currentPlace(server);
    for (let from = 1; from <= rows; from += ROWS_PER_STATEMENT) {
      const values = orderValues(from, Math.min(from + ROWS_PER_STATEMENT, rows + 1));
      await server.connection.query(`INSERT INTO ${table} (${ORDERS_COLUMNS}) VALUES ${values}`);
    }
    return start;
  });
}

/** Copies of the orders, `copies` of each, in one transaction; compressed in the log (zstd) on demand. */
export async function oneTransactionRange(
  server: MysqlServer,
  source: LogRange,
  options: {
    readonly copies: number;
    readonly compressed: boolean;
    readonly report: (line: string) => void;
  },
): Promise<LogRange> {
  const { copies, compressed, report } = options;
  const rows = source.rows * copies;
  const name = `one_transaction_${rows}${compressed ? "_compressed" : ""}`;
  return findOrWrite(server, name, rows, async (table) => {
    report(`writing one transaction of ${rows} rows into MySQL's binary log`);
    const start = await currentPlace(server);
    const copy = Array.from({ length: copies }, (_, i) => `SELECT ${i} AS copy`).join(
      " UNION ALL ",
    );
    const others = ORDERS_COLUMNS.replace(/^id, /, "");
    await server.connection.query(
      `SET SESSION binlog_transaction_compression = ${compressed ? "ON" : "OFF"};
       INSERT INTO ${table} (${ORDERS_COLUMNS})
       SELECT id + copy * ${source.rows}, ${others} FROM ${source.table}, (${copy}) copies ORDER BY copy, id;
       SET SESSION binlog_transaction_compression = OFF`,
    );
    return start;
  });
}

/** The first orders again, each in a transaction of its own, as an application's everyday work looks in the log. */
export async function smallTransactionsRange(
  server: MysqlServer,
  source: LogRange,
  rows: number,
  report: (line: string) => void,
): Promise<LogRange> {
  return findOrWrite(server, `small_transactions_${rows}`, rows, async (table) => {
    report(`writing ${rows} transactions of one row into MySQL's binary log`);
    const procedure = `${BENCH_DATABASE}.write_small_transactions`;
    // on the server: from here a statement would take a round trip
    await server.query(`DROP PROCEDURE IF EXISTS ${procedure}`);
    await server.query(`CREATE PROCEDURE ${procedure}() BEGIN
      DECLARE n INT DEFAULT 1;
      WHILE n <= ${rows} DO
        INSERT INTO ${table} SELECT * FROM ${source.table} WHERE id = n;
        SET n = n + 1;
      END WHILE;
    END`);
    const start = await currentPlace(server);
    await server.query(`CALL ${procedure}()`);
    return start;
  });
}

interface KnownRange {
  readonly start_file: string;
  readonly start_position: number;
  readonly end_file: string;
  readonly end_position: number;
}

/** Finds a range that an earlier run wrote and the server still has, or writes it; `write` returns where it began. */
async function findOrWrite(
  server: MysqlServer,
  name: string,
  rows: number,
  write: (table: string) => Promise<LogPlace>,
): Promise<LogRange> {
  const table = `${BENCH_DATABASE}.${name}`;
  await server.query(`CREATE TABLE IF NOT EXISTS ${BENCH_DATABASE}.log_ranges (
    name varchar(64) PRIMARY KEY, start_file varchar(255), start_position bigint, end_file varchar(255), end_position bigint)`);
  const [known] = await server.query<KnownRange>(
    `SELECT * FROM ${BENCH_DATABASE}.log_ranges WHERE name = '${name}'`,
  );
  if (known !== undefined && (await hasFile(server, known.start_file))) {
    return {
      table,
      rows,
      start: { file: known.start_file, position: known.start_position },
      end: { file: known.end_file, position: known.end_position },
    };
  }
  await server.query(`DROP TABLE IF EXISTS ${table}`);
  await server.query(createOrdersTable(table));
  const start = await write(table);
  const end = await currentPlace(server);
  await server.query(
    `REPLACE INTO ${BENCH_DATABASE}.log_ranges VALUES
     ('${name}', '${start.file}', ${start.position}, '${end.file}', ${end.position})`,
  );
  return { table, rows, start, end };
}

async function hasFile(server: MysqlServer, file: string): Promise<boolean> {
  const logs = await server.query("SHOW BINARY LOGS");
  return logs.some((log) => log["Log_name"] === file);
}
