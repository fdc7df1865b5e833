import { TailraceError } from "../core/errors.ts";
import type { Connection } from "./connection.ts";
import { TextResult, type TextRows } from "./text-result.ts";
import { translateMysqlError } from "./translate-error.ts";

/**
 * Runs a query and returns its rows as the packets that the server sent, without an object per row. More than `limitBytes` of rows throw
 * SNAPSHOT_CHUNK_TOO_LARGE and end the connection, for the rest could only be read to be thrown away. Throws SOURCE_*.
 */
export async function queryRows(
  connection: Connection,
  sql: string,
  limitBytes: number = Number.POSITIVE_INFINITY,
): Promise<TextRows> {
  const result = new TextResult();
  await connection.exchange(sql, (bytes) => {
    const isWhole = result.push(bytes);
    if (result.bytes > limitBytes) {
      throw new TailraceError(
        "SNAPSHOT_CHUNK_TOO_LARGE",
        `The rows have more than ${limitBytes} bytes.`,
      );
    }
    return isWhole;
  });
  if (result.error === null) return result;
  const { number, state, message } = result.error;
  const error = Object.assign(new Error(message), { errno: number, sqlState: state });
  throw translateMysqlError(error, `query on ${connection.name}`);
}
