import type { LogPlace } from "../core/checkpoint.ts";
import { TailraceError } from "../core/errors.ts";
import type { GtidSet } from "../core/gtid.ts";
import { parseGtidSet } from "../core/gtid-set.ts";
import type { Connection, TextRow } from "./connection.ts";
import { serverErrorNumber } from "./translate-error.ts";

/** What a server is and how it is set up; what does not change while it runs. */
export interface ServerDescription {
  readonly flavor: "mysql" | "mariadb";
  /** As the server says it: `9.7.4`, `10.11.18-MariaDB-log`. */
  readonly version: string;
  /** Comparable: 9.7.4 is 90704, 10.11.18 is 101118. */
  readonly versionNumber: number;
  /**
   * `@@server_uuid`. MariaDB has none, and its `@@server_uid` changes with the network card; there it is `mariadb-` and the server id,
   * which differs between the servers of one topology, and {@link readGtidAt} tells whether a position belongs to this server's log.
   */
  readonly serverUuid: string;
  readonly serverId: number;
  /** Does every transaction have a GTID? `gtid_mode=ON`; MariaDB always. */
  readonly hasGtids: boolean;
  /** 0: table names are case-sensitive; 1: stored in lower case; 2: compared in lower case. */
  readonly lowerCaseTableNames: 0 | 1 | 2;
}

/** Where the server's log ends now. */
export interface LogEnd {
  readonly file: string;
  readonly position: number;
  /**
   * `@@gtid_executed`, or the GTID position at exactly this place of MariaDB's log; undefined without GTIDs. MySQL's set may lack transactions that are
   * in the log already: it adds them when the engine has committed.
   */
  readonly gtidSet?: GtidSet | undefined;
}

/** One file of the server's log. */
export interface BinlogFile {
  readonly name: string;
  readonly bytes: number;
}

/** Asks the server what it is. MySQL 5.7 to 9.7, MariaDB 10.4 to 11.8. Throws SOURCE_*. */
export async function describeServer(connection: Connection): Promise<ServerDescription> {
  const [common] = await connection.query(
    "SELECT @@server_id server_id, @@lower_case_table_names names",
  );
  const { version, isMariadb } = connection;
  const serverId = Number(text(common, "server_id"));
  let serverUuid = `mariadb-${serverId}`;
  let hasGtids = true;
  if (!isMariadb) {
    const [own] = await connection.query("SELECT @@server_uuid uuid, @@gtid_mode mode");
    serverUuid = text(own, "uuid");
    hasGtids = text(own, "mode") === "ON";
  }
  const names = Number(text(common, "names"));
  return {
    flavor: isMariadb ? "mariadb" : "mysql",
    version,
    versionNumber: parseVersion(version),
    serverUuid,
    serverId,
    hasGtids,
    lowerCaseTableNames: names === 1 || names === 2 ? names : 0,
  };
}

/** `8.0.42-33-log` → 80042. MariaDB before 11 may prefix `5.5.5-` for old replicas. */
export function parseVersion(version: string): number {
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(version.replace(/^5\.5\.5-(?=1\d\.)/, ""));
  return match === null ? 0 : Number(match[1]) * 10_000 + Number(match[2]) * 100 + Number(match[3]);
}

/** The place at which the log ends now. Throws SOURCE_UNSUITABLE when the server writes none, SOURCE_ACCESS_DENIED without REPLICATION CLIENT. */
export async function readLogPlace(connection: Connection): Promise<LogPlace> {
  const { isMariadb, version, name } = connection;
  // SHOW MASTER STATUS is gone from MySQL 8.4, its successor came with 8.2.
  const isNew = !isMariadb && parseVersion(version) >= 80_200;
  const [row] = await connection.query(isNew ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
  if (row === undefined)
    throw new TailraceError("SOURCE_UNSUITABLE", `${name} writes no binary log (log_bin=OFF)`);
  return { file: text(row, "File"), position: Number(text(row, "Position")) };
}

/** Where the log ends now, and what was executed by then. Throws SOURCE_UNSUITABLE when the server writes none, SOURCE_ACCESS_DENIED without REPLICATION CLIENT. */
export async function readLogEnd(
  connection: Connection,
  server: ServerDescription,
): Promise<LogEnd> {
  // first the set, then the place: it may lack transactions before the place and never holds one behind it
  const executed =
    server.flavor === "mysql" ? await readGtids(connection, server, "gtid_executed") : undefined;
  const { file, position } = await readLogPlace(connection);
  if (server.flavor === "mysql") return { file, position, gtidSet: executed };
  return { file, position, gtidSet: (await readGtidAt(connection, file, position)) ?? undefined };
}

/**
 * The transactions that the server's log no longer has (`@@gtid_purged`, or the GTID position at the start of MariaDB's oldest file): a dump that lacks one
 * of them cannot start. Undefined without GTIDs.
 */
export async function readPurgedGtids(
  connection: Connection,
  server: ServerDescription,
  oldestFile: string | undefined,
): Promise<GtidSet | undefined> {
  if (server.flavor === "mysql") return readGtids(connection, server, "gtid_purged");
  if (oldestFile === undefined) return undefined;
  return (await readGtidAt(connection, oldestFile, BINLOG_START)) ?? undefined;
}

/** The server's clock, ms since 1970. Throws SOURCE_*. */
export async function readServerTime(connection: Connection): Promise<number> {
  const [row] = await connection.query("SELECT UNIX_TIMESTAMP(SYSDATE(6)) now");
  return Math.round(Number(text(row, "now")) * 1_000);
}

/** The files of the log, oldest first. Throws SOURCE_ACCESS_DENIED without REPLICATION CLIENT, SOURCE_UNSUITABLE without a log. */
export async function listBinlogFiles(connection: Connection): Promise<readonly BinlogFile[]> {
  try {
    const rows = await connection.query("SHOW BINARY LOGS");
    return rows.map((row) => ({
      name: text(row, "Log_name"),
      bytes: Number(text(row, "File_size")),
    }));
  } catch (error) {
    if (serverErrorNumber(error) !== ER_NO_BINARY_LOGGING) throw error;
    throw new TailraceError(
      "SOURCE_UNSUITABLE",
      `${connection.name} writes no binary log (log_bin=OFF)`,
    );
  }
}

/**
 * MariaDB only: the GTID position at an event's start (or the log's end), or null when the server's log has no event that starts there. When it agrees with a
 * checkpoint's, that checkpoint belongs to this log. The server reads the file up to there.
 */
export async function readGtidAt(
  connection: Connection,
  file: string,
  position: number,
): Promise<GtidSet | null> {
  const [row] = await connection.query("SELECT BINLOG_GTID_POS(?, ?) gtids", [file, position]);
  const gtids = row?.["gtids"] ?? null;
  return gtids === null ? null : parseGtidSet("mariadb", gtids);
}

/** A collation and its character set. */
export interface ServerCollation {
  readonly name: string;
  readonly charset: string;
}

/** The collation of each id, `binary` for 63; MariaDB's contextual collations (10.10) included. */
export async function readCollations(
  connection: Connection,
  server: ServerDescription,
): Promise<ReadonlyMap<number, ServerCollation>> {
  const hasContextual = server.flavor === "mariadb" && server.versionNumber >= 101_000;
  const rows = await connection.query(
    `SELECT ID id, CHARACTER_SET_NAME charset, ${
      hasContextual
        ? "FULL_COLLATION_NAME name FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
        : "COLLATION_NAME name FROM information_schema.COLLATIONS"
    } WHERE ID IS NOT NULL AND CHARACTER_SET_NAME IS NOT NULL`,
  );
  return new Map(
    rows.map((row) => [
      Number(text(row, "id")),
      { name: text(row, "name"), charset: text(row, "charset") },
    ]),
  );
}

const ER_NO_BINARY_LOGGING = 1381;
/** Where the first event of a file starts. */
const BINLOG_START = 4;

async function readGtids(
  connection: Connection,
  server: ServerDescription,
  variable: string,
): Promise<GtidSet | undefined> {
  if (!server.hasGtids) return undefined;
  const [row] = await connection.query(`SELECT @@global.${variable} gtids`);
  return parseGtidSet(server.flavor, text(row, "gtids"));
}

function text(row: TextRow | undefined, column: string): string {
  return row?.[column] ?? "";
}
