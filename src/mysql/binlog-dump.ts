import { createHash } from "node:crypto";
import type { ByteSource } from "../core/byte-source.ts";
import { systemClock, type Clock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import type { GtidSet } from "../core/gtid.ts";
import { MysqlGtidSet } from "../core/mysql-gtid-set.ts";
import { openConnection, type Connection, type ConnectionOptions } from "./connection.ts";
import {
  binlogDump,
  binlogDumpGtid,
  readReply,
  registerReplica,
  REPLICA_HOST,
} from "./dump-packets.ts";
import { connectWithReceiveBuffers } from "./receive-buffers.ts";
import { ServerIdClaim } from "./server-id-claim.ts";
import { SocketByteSource } from "./socket-source.ts";

/** Where a dump begins. */
export type DumpStart =
  /** At an event's first byte; an empty file name is the oldest file that the server has. */
  | { readonly kind: "position"; readonly file: string; readonly position: number }
  /** With the first transaction that is not in the set. */
  | { readonly kind: "gtid"; readonly gtidSet: GtidSet };

/** What a replica tells its source. */
export interface ReplicaOptions {
  readonly connection: ConnectionOptions;
  /** Our id as a replica, 1 to 2^32-1; no other replica of the server may use it. */
  readonly serverId: number;
  /** How often an idle server sends a heartbeat, ms. After three without a sign a dump fails with SOURCE_STALLED. */
  readonly heartbeatMs: number;
  /** How long the server may search its logs before the first event, ms. Default: ten minutes. */
  readonly firstEventTimeoutMs?: number;
  readonly clock?: Clock;
}

/**
 * A running binlog dump: a stream of MySQL packets, each a 0x00 and a binlog event, or an ERR packet (give it to
 * `translateReplicationError`). The first event is an artificial ROTATE that names file and position.
 */
export interface BinlogDump extends ByteSource {
  /** Whether events that come before the first FORMAT_DESCRIPTION have a checksum: the server's `binlog_checksum`. */
  readonly checksum: "CRC32" | "NONE";
  /** Who really answers, as `ServerDescription.serverUuid`: behind one address it may be another server than a query's. */
  readonly serverUuid: string;
  /** The server's connection id of this dump. */
  readonly threadId: number;
  /** Where the dump really begins; earlier than asked when the protocol cannot name the position. */
  readonly start: DumpStart;
}

const TEN_MINUTES_MS = 600_000;
/** A replica may stand still this long (a sink that is down) before the server gives up writing to it. */
const NET_WRITE_TIMEOUT_S = 86_400;
const BINLOG_START = 4;
const MAX_POSITION = 0xffff_ffff;

/**
 * We as a replica of one server. Two replicas with one server id must not fight: MySQL ends the older of two dumps with one replica uuid,
 * MariaDB the older of two with one server id, so were each to reconnect, they would kill one another for ever. Therefore the server id
 * is claimed before the first dump and for as long as this object lives ({@link ServerIdClaim}): the newcomer gives up with
 * SOURCE_SERVER_ID_TAKEN while the older one goes on. The replica uuid is made from the server id, so that a dump thread that a crash
 * left behind on the server is ended by the next dump.
 */
export class Replica implements AsyncDisposable {
  readonly #options: ReplicaOptions;
  readonly #claim: ServerIdClaim;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    const { connection, serverId, clock = systemClock } = options;
    this.#claim = new ServerIdClaim({ connection, serverId, clock });
  }

  /**
   * Connects and starts the server's dump thread. One dump at a time: dispose it before the next. Throws SOURCE_UNREACHABLE,
   * SOURCE_ACCESS_DENIED, SOURCE_TLS_FAILED, SOURCE_SERVER_ID_TAKEN; what is wrong with the start comes as an ERR packet in the stream.
   *
   * COM_BINLOG_DUMP holds a position in 4 bytes. A position behind 4 GiB (one transaction of that size) is replaced by the file's start:
   * what is read again changes nothing.
   */
  async dump(start: DumpStart): Promise<BinlogDump> {
    await this.#claim.hold();
    const options = this.#options.connection;
    const connection = await openConnection({
      ...options,
      // Under TLS it is the TLS socket that is read.
      ...(options.tls === undefined && { connectSocket: connectWithReceiveBuffers }),
    });
    try {
      return await this.#start(connection, reachableStart(start));
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  async #start(connection: Connection, start: DumpStart): Promise<BinlogDump> {
    const { serverId, heartbeatMs, firstEventTimeoutMs, clock } = this.#options;
    const { name, threadId, isMariadb } = connection;
    const uuid = isMariadb ? "CONCAT('mariadb-', @@server_id)" : "@@server_uuid";
    const [server] = await connection.query(
      `SELECT @@global.binlog_checksum checksum, ${uuid} uuid`,
    );
    for (const statement of sessionStatements(isMariadb, start, serverId, heartbeatMs)) {
      await connection.execute(statement);
    }
    const source = new SocketByteSource(connection.takeSocket(), {
      name,
      firstTimeoutMs: firstEventTimeoutMs ?? TEN_MINUTES_MS,
      timeoutMs: 3 * heartbeatMs,
      clock: clock ?? systemClock,
    });
    this.#claim.onLost = () =>
      source.fail(
        new TailraceError("SOURCE_UNREACHABLE", `${name}: lost the lock on server id ${serverId}`),
      );
    source.write(registerReplica(serverId));
    await readReply(source);
    source.write(dumpPacket(isMariadb, start, serverId));
    return {
      checksum: server?.["checksum"] === "CRC32" ? "CRC32" : "NONE",
      serverUuid: server?.["uuid"] ?? "",
      threadId,
      start,
      read: () => source.read(),
      wait: () => source.wait(),
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    };
  }

  /** Gives the server id back. Dispose the dump first. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#claim[Symbol.asyncDispose]();
  }
}

function reachableStart(start: DumpStart): DumpStart {
  if (start.kind === "gtid" || start.position <= MAX_POSITION) return start;
  return { kind: "position", file: start.file, position: BINLOG_START };
}

/**
 * What a replica sets before it asks for the log. The server reads these user variables under their old or their new names:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication.html,
 * https://mariadb.com/kb/en/5-slave-registration/
 */
function sessionStatements(
  isMariadb: boolean,
  start: DumpStart,
  serverId: number,
  heartbeatMs: number,
): readonly string[] {
  const heartbeatNs = BigInt(Math.round(heartbeatMs)) * 1_000_000n;
  const uuid = replicaUuid(serverId);
  const common = `net_write_timeout = ${NET_WRITE_TIMEOUT_S}, lc_messages = 'en_US'`;
  if (!isMariadb) {
    return [
      `SET ${common}, @master_binlog_checksum = @@global.binlog_checksum, ` +
        "@source_binlog_checksum = @@global.binlog_checksum, " +
        `@master_heartbeat_period = ${heartbeatNs}, @source_heartbeat_period = ${heartbeatNs}, ` +
        `@slave_uuid = '${uuid}', @replica_uuid = '${uuid}'`,
    ];
  }
  const statements = [
    // 4: we understand GTID events and those that came with them.
    `SET ${common}, @master_binlog_checksum = @@global.binlog_checksum, ` +
      `@master_heartbeat_period = ${heartbeatNs}, @mariadb_slave_capability = 4`,
  ];
  if (start.kind === "gtid") {
    statements.push(
      `SET @slave_connect_state = '${start.gtidSet.toString()}', @slave_gtid_strict_mode = 1, ` +
        "@slave_gtid_ignore_duplicates = 0",
    );
  }
  return statements;
}

function dumpPacket(isMariadb: boolean, start: DumpStart, serverId: number): Buffer {
  if (start.kind === "position") return binlogDump(serverId, start.file, start.position);
  // MariaDB has the GTID position in @slave_connect_state.
  if (isMariadb) return binlogDump(serverId, "", BINLOG_START);
  if (start.gtidSet instanceof MysqlGtidSet)
    return binlogDumpGtid(serverId, start.gtidSet.encode());
  throw new TailraceError("INVARIANT_BROKEN", "a MariaDB GTID position was given to MySQL");
}

/** Our uuid as a replica: the same for every run with one server id, another one for every other id. */
export function replicaUuid(serverId: number): string {
  const hash = createHash("sha256").update(`${REPLICA_HOST}/${serverId}`).digest("hex");
  return hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}
