import { createConnection, type Connection } from "mysql2/promise";
import type { Service } from "../services/contract.ts";
import { type ChaosTable, createStatements, DATABASE, TABLES } from "./tables.ts";

/** Resolves with the work's result; rejects as soon as the signal aborts or one of the others fails. */
export async function unlessFailing<T>(
  signal: AbortSignal,
  others: readonly Promise<unknown>[],
  work: Promise<T>,
): Promise<T> {
  const failure = Promise.withResolvers<never>();
  const abort = (): void => failure.reject(new Error("interrupted"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  for (const other of others) other.catch(failure.reject);
  try {
    return await Promise.race([work, failure.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Makes the workload's tables anew, and their making the beginning of the log; `fill` are more statements. */
export async function createTables(
  mysql: Service,
  tables: readonly ChaosTable[] = TABLES,
  fill: readonly string[] = [],
): Promise<void> {
  const connection = await connect(mysql);
  try {
    await connection.query(`DROP DATABASE IF EXISTS ${DATABASE}`);
    await connection.query("RESET BINARY LOGS AND GTIDS");
    for (const statement of [...createStatements(tables), ...fill])
      await connection.query(statement);
  } finally {
    connection.destroy();
  }
}

/** A line for each of the first dead letters: the workload has nothing that Elasticsearch should refuse. */
export function describeLetters(letters: readonly string[]): string[] {
  const shown = letters.slice(0, 5).map((letter) => `dead letter: ${letter.slice(0, 600)}`);
  return letters.length > 5 ? [...shown, `… ${letters.length} dead letters`] : shown;
}

/** Opens a connection as an administrator. */
export async function connect({ url }: Service): Promise<Connection> {
  return await createConnection({ uri: url, charset: "utf8mb4", connectTimeout: 10_000 });
}
