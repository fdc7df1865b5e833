import type { LogPlace } from "../core/checkpoint.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import { isWithin } from "../core/version.ts";
import type { Connection } from "./connection.ts";
import { parseVersion, readLogPlace } from "./server.ts";

/**
 * Puts reading between two watermarks. `begin` resolves with the low one: every transaction that was logged up to there, and that is at least up to where the log
 * ended at the call, is visible to what is then read on the reading connection. `end` resolves with the high one: nothing behind it was visible.
 *
 * The log runs ahead of the engine: a transaction is written to it, and only then committed. So its end alone is no low watermark; a SELECT right behind it may
 * see rows as they were. Each kind of server has another way to wait for those commits.
 */
export interface Watermarks {
  /** What a SELECT between the two must end with. */
  readonly lock: string;
  /** Throws SOURCE_QUERY_FAILED when what is logged does not become visible in time. */
  begin(): Promise<LogPlace>;
  end(): Promise<LogPlace>;
}

/** Whose log the places are of, and where the rows are read. */
export interface WatermarkConnections {
  readonly source: Connection;
  /** The source itself (the same connection), or a replica of it. */
  readonly reading: Connection;
  /** How long is waited for transactions to become visible, ms. */
  readonly patienceMs: number;
  readonly clock?: Clock | undefined;
}

/** Chooses by what the servers are. Throws SOURCE_UNSUITABLE when rows of a replica cannot be put in relation to the source's log. */
export async function openWatermarks(connections: WatermarkConnections): Promise<Watermarks> {
  const { source, reading } = connections;
  const isReplica = source !== reading;
  if (source.isMariadb)
    return isReplica ? new MariadbReplicaMarks(connections) : new SnapshotMarks(connections);
  const [row] = await source.query("SELECT @@GLOBAL.gtid_mode mode");
  if (row?.["mode"] === "ON") return new GtidMarks(connections);
  if (!isReplica) return new LockingMarks(connections);
  throw new TailraceError(
    "SOURCE_UNSUITABLE",
    `rows can be read from a replica of ${source.name} only when the source has gtid_mode=ON`,
  );
}

/** The servers' functions wait whole seconds; what is waited for is looked at again after each. */
const WAIT_SECONDS = 1;

/**
 * MySQL with GTIDs. A transaction gets its GTID, which the server then counts as owned, before it is written to the log, and gives it back as executed when the
 * engine has committed. So everything logged up to P was owned or executed when P was read. Executed is visible; the owned ones are waited for.
 */
class GtidMarks implements Watermarks {
  readonly lock = "";
  readonly #connections: WatermarkConnections;

  constructor(connections: WatermarkConnections) {
    this.#connections = connections;
  }

  async begin(): Promise<LogPlace> {
    const { source, reading } = this.#connections;
    const place = await readLogPlace(source);
    const { owned, executed } = await this.#known();
    // the source has what it has executed, a replica need not
    let waited = source === reading ? owned : joined(owned, executed);
    if (waited === "") return place;
    await waitUntil(this.#connections, async () => {
      const [row] = await reading.query("SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?) late", [
        waited,
        WAIT_SECONDS,
      ]);
      if (row?.["late"] === "0") return true;
      // a transaction that is rolled back gives its GTID back, and never executes it
      const now = await this.#known();
      waited = await this.#intersection(waited, joined(now.owned, now.executed));
      return waited === "";
    });
    return place;
  }

  /** Owned first: what moves to executed meanwhile is in one of them. */
  async #known(): Promise<{ readonly owned: string; readonly executed: string }> {
    const { source } = this.#connections;
    const [first] = await source.query("SELECT @@GLOBAL.gtid_owned owned, @@GLOBAL.gtid_mode mode");
    if (first?.["mode"] !== "ON") {
      const text = `${source.name}: gtid_mode is no longer ON`;
      throw new TailraceError("SOURCE_QUERY_FAILED", text);
    }
    const [second] = await source.query("SELECT @@GLOBAL.gtid_executed executed");
    // uuid:gno#thread:gno#thread, one uuid after another
    const owned = (first["owned"] ?? "").replaceAll(/#\d+|\s/g, "");
    return { owned, executed: (second?.["executed"] ?? "").replaceAll(/\s/g, "") };
  }

  async #intersection(set: string, other: string): Promise<string> {
    const [row] = await this.#connections.source.query(
      "SELECT GTID_SUBTRACT(?, GTID_SUBTRACT(?, ?)) gtids",
      [set, set, other],
    );
    return (row?.["gtids"] ?? "").replaceAll(/\s/g, "");
  }

  end(): Promise<LogPlace> {
    return readLogPlace(this.#connections.source);
  }
}

/** The set of both. */
function joined(...sets: readonly string[]): string {
  return sets.filter((set) => set !== "").join(",");
}

/**
 * MySQL without GTIDs. A locking read waits for the rows' transactions: what is logged and not committed still holds its locks. Each row is locked until the SELECT is
 * through, at READ COMMITTED without the gaps beside it.
 */
class LockingMarks implements Watermarks {
  readonly lock: string;
  readonly #source: Connection;

  constructor({ source }: WatermarkConnections) {
    this.#source = source;
    const isOld = parseVersion(source.version) < 80_000;
    this.lock = isOld ? " LOCK IN SHARE MODE" : " FOR SHARE";
  }

  begin(): Promise<LogPlace> {
    return readLogPlace(this.#source);
  }

  end(): Promise<LogPlace> {
    return readLogPlace(this.#source);
  }
}

/**
 * MariaDB. A consistent snapshot is taken between two commits, and the server tells its exact place in the log
 * (https://mariadb.com/kb/en/enhancements-for-start-transaction-with-consistent-snapshot/). It may lie before the end of the log, while a transaction is committed:
 * then another one is taken.
 */
class SnapshotMarks implements Watermarks {
  readonly lock = "";
  readonly #connections: WatermarkConnections;

  constructor(connections: WatermarkConnections) {
    this.#connections = connections;
  }

  async begin(): Promise<LogPlace> {
    const { source } = this.#connections;
    const end = await readLogPlace(source);
    let place = end;
    await waitUntil(this.#connections, async () => {
      await source.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      await source.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
      place = await snapshotPlace(source);
      const isReached = isWithin(end, place);
      if (!isReached) await source.execute("COMMIT");
      return isReached;
    });
    return place;
  }

  async end(): Promise<LogPlace> {
    const { source } = this.#connections;
    await source.execute("COMMIT");
    // tables of engines without snapshots are read as they are now
    return readLogPlace(source);
  }
}

async function snapshotPlace(connection: Connection): Promise<LogPlace> {
  const rows = await connection.query("SHOW STATUS LIKE 'binlog_snapshot_%'");
  const values = new Map(
    rows.map((row) => [row["Variable_name"]?.toLowerCase(), row["Value"] ?? ""]),
  );
  const position = Number(values.get("binlog_snapshot_position"));
  return { file: values.get("binlog_snapshot_file") ?? "", position };
}

/** Rows of a MariaDB replica: it is to have applied what the source had logged. */
class MariadbReplicaMarks implements Watermarks {
  readonly lock = "";
  readonly #connections: WatermarkConnections;

  constructor(connections: WatermarkConnections) {
    this.#connections = connections;
  }

  async begin(): Promise<LogPlace> {
    const { source, reading } = this.#connections;
    const place = await readLogPlace(source);
    const [row] = await source.query("SELECT @@GLOBAL.gtid_binlog_pos gtids");
    await waitUntil(this.#connections, async () => {
      const [answer] = await reading.query("SELECT MASTER_GTID_WAIT(?, ?) late", [
        row?.["gtids"] ?? "",
        WAIT_SECONDS,
      ]);
      return answer?.["late"] === "0";
    });
    return place;
  }

  end(): Promise<LogPlace> {
    return readLogPlace(this.#connections.source);
  }
}

/** Pauses between two looks at something that lasts as long as a commit. */
const FIRST_PAUSE_MS = 2;
const MAX_PAUSE_MS = 200;

async function waitUntil(
  { reading, patienceMs, clock = systemClock }: WatermarkConnections,
  isReached: () => Promise<boolean>,
): Promise<void> {
  const deadline = clock.now() + patienceMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    if (await isReached()) return;
    if (clock.now() >= deadline) {
      const text = `${reading.name} has not committed in ${patienceMs} ms what the source has logged`;
      throw new TailraceError("SOURCE_QUERY_FAILED", text);
    }
    await clock.sleep(pauseMs);
  }
}
