import { describe, expect, test } from "vitest";
import { TailraceError } from "../core/errors.ts";
import {
  serverErrorNumber,
  translateMysqlError,
  translateReplicationError,
} from "./translate-error.ts";

function driverError(properties: object, message = "boom"): Error {
  return Object.assign(new Error(message), properties);
}

describe("translateMysqlError", () => {
  test.each([
    [{ code: "ER_ACCESS_DENIED_ERROR", errno: 1045 }, "SOURCE_ACCESS_DENIED"],
    [{ code: "ER_SPECIFIC_ACCESS_DENIED_ERROR", errno: 1227 }, "SOURCE_ACCESS_DENIED"],
    [{ code: "ER_CON_COUNT_ERROR", errno: 1040 }, "SOURCE_UNREACHABLE"],
    [{ code: "ER_PARSE_ERROR", errno: 1064 }, "SOURCE_QUERY_FAILED"],
    [{ code: "ECONNREFUSED", errno: -111, syscall: "connect" }, "SOURCE_UNREACHABLE"],
    [{ code: "PROTOCOL_CONNECTION_LOST", fatal: true }, "SOURCE_UNREACHABLE"],
    [{ code: "HANDSHAKE_NO_SSL_SUPPORT", fatal: true }, "SOURCE_TLS_FAILED"],
    [{ code: "AUTH_SWITCH_PLUGIN_ERROR", fatal: true }, "SOURCE_ACCESS_DENIED"],
    [{ code: "HANDSHAKE_SSL_ERROR", fatal: true }, "SOURCE_TLS_FAILED"],
    [{ code: "HANDSHAKE_SSL_ERROR", errno: -104, syscall: "read" }, "SOURCE_UNREACHABLE"],
  ])("%j is %s", (properties, code) => {
    const cause = driverError(properties);
    const error = translateMysqlError(cause, "connect to MySQL at h:1");
    expect(error.code).toBe(code);
    expect(error.message).toContain("connect to MySQL at h:1: boom");
    expect(error.cause).toBe(cause);
  });

  test("a connection lost while TLS was set up is no fault of a certificate", () => {
    const text = "Client network socket disconnected before secure TLS connection was established";
    const cause = driverError({ code: "HANDSHAKE_SSL_ERROR" }, text);
    expect(translateMysqlError(cause, "connect").code).toBe("SOURCE_UNREACHABLE");
  });

  test("an error without a message still says something", () => {
    const cause = new AggregateError([], "");
    expect(translateMysqlError(Object.assign(cause, { code: "ECONNREFUSED" }), "x").message).toBe(
      "x: ECONNREFUSED",
    );
  });

  test("what is translated stays", () => {
    const error = new TailraceError("SOURCE_STALLED", "silent");
    expect(translateMysqlError(error, "x")).toBe(error);
  });
});

test("the server's error number is found under a translated error, a network error has none", () => {
  const lockWait = translateMysqlError(driverError({ errno: 1205 }), "x");
  expect(serverErrorNumber(lockWait)).toBe(1205);
  expect(serverErrorNumber(driverError({ errno: -104 }))).toBeUndefined();
  expect(serverErrorNumber("text")).toBeUndefined();
});

describe("translateReplicationError", () => {
  // Texts as MySQL 5.7 to 9.7 and MariaDB 10.4 to 11.8 send them in place of an event.
  test.each([
    [1236, "Could not find first log file name in binary log index file", "SOURCE_POSITION_LOST"],
    [
      1236,
      "Client requested source to start replication from position > file size",
      "SOURCE_POSITION_LOST",
    ],
    [
      1236,
      "Client requested master to start replication from impossible position; the first event 'binlog.000001' at 999999, the last event read from 'binlog.000001' at 4, the last byte read from 'binlog.000001' at 4.",
      "SOURCE_POSITION_LOST",
    ],
    [
      1236,
      "Cannot replicate because the source purged required binary logs. Replicate the missing transactions from elsewhere, or provision a new replica from backup. Consider increasing the source's binary log expiration period. The GTID set sent by the replica is 'x'",
      "SOURCE_POSITION_LOST",
    ],
    [
      1236,
      "The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master has purged binary logs containing GTIDs that the slave requires.",
      "SOURCE_POSITION_LOST",
    ],
    [
      1236,
      "Replica has more GTIDs than the source has, using the source's SERVER_UUID.",
      "SOURCE_POSITION_LOST",
    ],
    [
      1236,
      "Could not find GTID state requested by slave in any binlog files. Probably the slave state is too old and required binlog files have been purged.",
      "SOURCE_POSITION_LOST",
    ],
    [
      1236,
      "Error: connecting slave requested to start from GTID 0-1-500, which is not in the master's binlog",
      "SOURCE_POSITION_LOST",
    ],
    [4052, "A slave with the same server_id is already connected", "SOURCE_SERVER_ID_TAKEN"],
    [
      1236,
      "A slave with the same server_uuid/server_id as this slave has connected to the master; the first event 'binlog.000002' at 4",
      "SOURCE_SERVER_ID_TAKEN",
    ],
    [
      1236,
      "A replica with the same server_uuid/server_id as this replica has connected to the source; the first event 'binlog.000002' at 4",
      "SOURCE_SERVER_ID_TAKEN",
    ],
    [
      1236,
      "A slave with the same server_uuid/server_id is already connected",
      "SOURCE_SERVER_ID_TAKEN",
    ],
    [1236, "Misconfigured source - server_id was not set", "SOURCE_UNSUITABLE"],
    [1236, "Binary log is not open", "SOURCE_UNSUITABLE"],
    [
      1236,
      "Slave can not handle replication events with the checksum that master is configured to log",
      "SOURCE_UNSUITABLE",
    ],
    [
      1236,
      "log event entry exceeded max_allowed_packet; Increase max_allowed_packet on source; the first event 'binlog.000001' at 4",
      "SOURCE_UNSUITABLE",
    ],
    [1236, "bogus data in log event; the first event 'binlog.000001' at 5", "BINLOG_CORRUPT"],
    [
      1236,
      "binlog truncated in the middle of event; consider out of disk space on source; the first event 'binlog.000002' at 130",
      "BINLOG_CORRUPT",
    ],
    [1236, "something new", "SOURCE_QUERY_FAILED"],
    [
      1227,
      "Access denied; you need (at least one of) the REPLICATION SLAVE privilege(s) for this operation",
      "SOURCE_ACCESS_DENIED",
    ],
    [1045, "Access denied for user 'sync'@'%' (using password: YES)", "SOURCE_ACCESS_DENIED"],
    [1053, "Server shutdown in progress", "SOURCE_UNREACHABLE"],
    [1927, "Connection was killed", "SOURCE_UNREACHABLE"],
  ])("%i %s", (number, message, code) => {
    const error = translateReplicationError(number, message);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});
