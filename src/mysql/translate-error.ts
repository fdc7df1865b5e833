import type { ErrorCode } from "../core/error-codes.ts";
import { TailraceError } from "../core/errors.ts";

/** Server error numbers and what they mean to us; every other one is SOURCE_QUERY_FAILED. */
const CODE_OF_SERVER_ERROR: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [1044, "SOURCE_ACCESS_DENIED"], // ER_DBACCESS_DENIED_ERROR
  [1045, "SOURCE_ACCESS_DENIED"], // ER_ACCESS_DENIED_ERROR
  [1130, "SOURCE_ACCESS_DENIED"], // ER_HOST_NOT_PRIVILEGED
  [1142, "SOURCE_ACCESS_DENIED"], // ER_TABLEACCESS_DENIED_ERROR
  [1143, "SOURCE_ACCESS_DENIED"], // ER_COLUMNACCESS_DENIED_ERROR
  [1227, "SOURCE_ACCESS_DENIED"], // ER_SPECIFIC_ACCESS_DENIED_ERROR
  [1251, "SOURCE_ACCESS_DENIED"], // ER_NOT_SUPPORTED_AUTH_MODE
  [1698, "SOURCE_ACCESS_DENIED"], // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
  [1820, "SOURCE_ACCESS_DENIED"], // ER_MUST_CHANGE_PASSWORD
  [1862, "SOURCE_ACCESS_DENIED"], // ER_MUST_CHANGE_PASSWORD_LOGIN
  [3118, "SOURCE_ACCESS_DENIED"], // ER_ACCOUNT_HAS_BEEN_LOCKED
  [3159, "SOURCE_ACCESS_DENIED"], // ER_SECURE_TRANSPORT_REQUIRED
  [1040, "SOURCE_UNREACHABLE"], // ER_CON_COUNT_ERROR
  [1053, "SOURCE_UNREACHABLE"], // ER_SERVER_SHUTDOWN
  [1129, "SOURCE_UNREACHABLE"], // ER_HOST_IS_BLOCKED
  [1203, "SOURCE_UNREACHABLE"], // ER_TOO_MANY_USER_CONNECTIONS
  [1226, "SOURCE_UNREACHABLE"], // ER_USER_LIMIT_REACHED
  [1927, "SOURCE_UNREACHABLE"], // MariaDB: ER_CONNECTION_KILLED
  [4031, "SOURCE_UNREACHABLE"], // ER_CLIENT_INTERACTION_TIMEOUT
]);

/** The client's names of a failed handshake that can never succeed as configured. */
const CODE_OF_HANDSHAKE_ERROR: ReadonlyMap<string | undefined, ErrorCode> = new Map([
  ["AUTH_SWITCH_PLUGIN_ERROR", "SOURCE_ACCESS_DENIED"],
  ["HANDSHAKE_NO_SSL_SUPPORT", "SOURCE_TLS_FAILED"],
]);

/**
 * Translates an error of the MySQL client once: what is already a TailraceError stays, a server's error goes by its number, everything
 * else is the network. The message holds the server's own words, `what` says what was tried.
 */
export function translateMysqlError(error: unknown, what: string): TailraceError {
  if (error instanceof TailraceError) return error;
  const { code, errno, syscall, message } = describe(error);
  const text = `${what}: ${message}`;
  if (
    code === "HANDSHAKE_SSL_ERROR" &&
    syscall === undefined &&
    !message.includes("disconnected")
  ) {
    return new TailraceError("SOURCE_TLS_FAILED", text, { cause: error });
  }
  const handshake = CODE_OF_HANDSHAKE_ERROR.get(code);
  if (handshake !== undefined) return new TailraceError(handshake, text, { cause: error });
  const isServerError = errno !== undefined && errno > 0;
  const kind = isServerError
    ? (CODE_OF_SERVER_ERROR.get(errno) ?? "SOURCE_QUERY_FAILED")
    : "SOURCE_UNREACHABLE";
  return new TailraceError(kind, isServerError ? `${text} (${errno})` : text, { cause: error });
}

/** The server's error number of a failed query (1205 is a lock wait timeout), or undefined when the server did not answer. */
export function serverErrorNumber(error: unknown): number | undefined {
  const cause = error instanceof TailraceError ? error.cause : error;
  const { errno } = describe(cause);
  return errno !== undefined && errno > 0 ? errno : undefined;
}

/** Has a query for rows failed for what a value of theirs is, or for a subquery with several rows (SQLSTATE classes 22 and 21)? */
export function isValueError(error: unknown): boolean {
  const cause = error instanceof TailraceError ? error.cause : error;
  const { sqlState } = (cause ?? {}) as { readonly sqlState?: unknown };
  return typeof sqlState === "string" && /^2[12]/.test(sqlState);
}

/** ER_MASTER_FATAL_ERROR_READING_BINLOG (ER_SOURCE_…): the dump thread's own errors, told apart by their text only. */
const FATAL_READING_BINLOG = 1236;

/** Texts of error 1236, as MySQL 5.7 to 9.7 and MariaDB 10.4 to 11.8 have them. */
const REPLICATION_TEXTS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/same server_(?:uuid\/server_)?id/, "SOURCE_SERVER_ID_TAKEN"],
  [/could not find first log file name/i, "SOURCE_POSITION_LOST"],
  [/purged (?:binary logs|required)|has purged|have been purged/i, "SOURCE_POSITION_LOST"],
  [/from position > file size|from impossible position/i, "SOURCE_POSITION_LOST"],
  [/(?:slave|replica) has more GTIDs than the (?:master|source) has/i, "SOURCE_POSITION_LOST"],
  [/connecting slave requested to start from GTID/i, "SOURCE_POSITION_LOST"],
  [/could not find next log/i, "SOURCE_POSITION_LOST"],
  [/GTID position list does not specify|missing data for domain/i, "SOURCE_POSITION_LOST"],
  [/binary log is not open|misconfigured (?:master|source)/i, "SOURCE_UNSUITABLE"],
  [/can ?not handle replication events|GTID_MODE/i, "SOURCE_UNSUITABLE"],
  [/heartbeat period/i, "SOURCE_UNSUITABLE"],
  [/max_allowed_packet/i, "SOURCE_UNSUITABLE"],
  [/bogus data|corrupted|checksum verification failed|truncated in the middle/i, "BINLOG_CORRUPT"],
];

/**
 * Translates the ERR packet that a server sends in place of a binlog event (number and text, in English whatever `lc_messages` says).
 * An unknown text of error 1236 is SOURCE_QUERY_FAILED, so the dump is tried again.
 */
export function translateReplicationError(number: number, message: string): TailraceError {
  const text = `the source refused the binlog dump: ${message} (${number})`;
  const matched = REPLICATION_TEXTS.find(([pattern]) => pattern.test(message));
  const isDumpError = number === FATAL_READING_BINLOG || !CODE_OF_SERVER_ERROR.has(number);
  if (matched !== undefined && isDumpError) return new TailraceError(matched[1], text);
  return new TailraceError(CODE_OF_SERVER_ERROR.get(number) ?? "SOURCE_QUERY_FAILED", text);
}

interface ClientError {
  readonly code: string | undefined;
  readonly errno: number | undefined;
  readonly syscall: string | undefined;
  readonly message: string;
}

function describe(error: unknown): ClientError {
  if (!(error instanceof Error)) {
    return { code: undefined, errno: undefined, syscall: undefined, message: String(error) };
  }
  const { code, errno, syscall } = error as Error & {
    code?: unknown;
    errno?: unknown;
    syscall?: unknown;
  };
  return {
    code: typeof code === "string" ? code : undefined,
    errno: typeof errno === "number" ? errno : undefined,
    syscall: typeof syscall === "string" ? syscall : undefined,
    // A failed attempt on several addresses of a name is an AggregateError without a message.
    message: error.message || (typeof code === "string" ? code : error.name),
  };
}
