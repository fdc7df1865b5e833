import type { Connection, RowDataPacket } from "mysql2/promise";
import type { LogStatusLine } from "../../src/observe/status-line.ts";

/** Where a server's binary log ends now, and all its transactions when it has GTIDs (MySQL). */
export interface LogEnd {
  readonly file: string;
  readonly position: number;
  readonly gtidSet: string | null;
}

/** Reads where the binary log ends. Throws when there is none. */
export async function readLogEnd(connection: Connection): Promise<LogEnd> {
  // The old statement is gone since MySQL 8.4; the new one is there since 8.2, and not in MariaDB.
  const [rows] = await connection
    .query<RowDataPacket[]>("SHOW BINARY LOG STATUS")
    .catch(() => connection.query<RowDataPacket[]>("SHOW MASTER STATUS"));
  const [row] = rows;
  if (row === undefined) throw new Error("the server has no binary log (log_bin)");
  const gtidSet = String(row["Executed_Gtid_Set"] ?? "").replaceAll("\n", "");
  return {
    file: String(row["File"]),
    position: Number(row["Position"]),
    gtidSet: gtidSet === "" ? null : gtidSet,
  };
}

/** Has the pipeline acknowledged everything up to there? */
export async function isCaughtUp(
  connection: Connection,
  status: LogStatusLine | null,
  end: LogEnd,
): Promise<boolean> {
  if (status === null || status.transactions_pending > 0 || status.rows_in_flight > 0) return false;
  if (end.gtidSet === null || status.gtid_set === null) return comparePlaces(status, end) >= 0;
  const [rows] = await connection.query<RowDataPacket[]>("SELECT GTID_SUBSET(?, ?) AS isSubset", [
    end.gtidSet,
    status.gtid_set,
  ]);
  return Number(rows[0]?.["isSubset"]) === 1;
}

/** Negative when `a` lies before `b` in the log of one server, 0 when they are the same, positive otherwise. */
export function comparePlaces(
  a: { readonly file: string; readonly position: number },
  b: { readonly file: string; readonly position: number },
): number {
  return fileNumber(a.file) - fileNumber(b.file) || a.position - b.position;
}

function fileNumber(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? 0);
}
