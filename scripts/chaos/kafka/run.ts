import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openProxy } from "../../../test/support/proxy.ts";
import { until } from "../../../test/support/until.ts";
import { verifyTables } from "../../../test/support/verify.ts";
import type { KafkaCluster } from "../../../src/core/kafka.ts";
import type {
  LogStatusLine,
  StatusLine,
  SyncStatusLine,
} from "../../../src/observe/status-line.ts";
import { openCluster } from "../../../src/kafka/cluster.ts";
import type { Service } from "../../services/contract.ts";
import { isCaughtUp, type LogEnd, readLogEnd } from "../../support/log-end.ts";
import { AcceptedActions } from "../accepted-actions.ts";
import { openBulkRecorder } from "../bulk-recorder.ts";
import { writeConfigFile } from "../config-file.ts";
import { Counts } from "../counts.ts";
import { keptState } from "../kept-state.ts";
import type { ChaosOptions, ChaosProgress, ChaosResult } from "../run-chaos.ts";
import { connect, createTables, describeLetters, unlessFailing } from "../run-parts.ts";
import { Supervisor } from "../supervisor.ts";
import { verifiedTables } from "../tables.ts";
import { startWorkload } from "../workload.ts";
import { attackInstances, type Instance } from "./attack.ts";
import { OffsetAudit } from "./offset-audit.ts";
import { RecordLog } from "./record-log.ts";

/** What a run of chaos through Kafka needs. */
export interface KafkaChaosOptions extends ChaosOptions {
  /** A Kafka of the run's own: it is restarted and killed. */
  readonly kafka: Service;
  readonly partitioner: "murmur2" | "canal";
}

const TOPIC = "chaos";
const GROUP = "chaos";
const PARTITIONS = 12;
const CAPTURES = 2;
/** As many run at the beginning; one more comes and goes. */
const SYNCS = 3;
/** How long everything may take to be caught up with after the last fault, ms. */
const CATCH_UP_LIMIT_MS = 600_000;
/** Large changes wait while more actions of records are not known to be written. */
const MOST_PENDING_ACTIONS = 60_000;

/**
 * Runs a random workload, kills, freezes, adds and removes captures and syncs, and breaks their servers and connections; then lets them catch up and compares
 * every row with its document. All along it is checked that no offset is committed beyond an action that is not written. Throws as `runChaos` does.
 */
export async function runKafkaChaos(options: KafkaChaosOptions): Promise<ChaosResult> {
  const { seed, kills, mysql, kafka, elasticsearch, indexPrefix, folder, partitioner } = options;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const accepted = new AcceptedActions();
  await using recorder = await openBulkRecorder(elasticsearch, accepted);
  await using mysqlProxy = await openProxy(mysql.url);
  await using elasticsearchProxy = await openProxy(recorder.url);
  const proxies = { mysql: mysqlProxy, elasticsearch: elasticsearchProxy };
  const brokers = [kafka.url];
  const config = join(folder, "chaos.toml");
  const choice = await writeConfigFile(config, {
    mysql: mysqlProxy.url,
    elasticsearch: elasticsearchProxy.url,
    indexPrefix,
    seed,
    kafka: { brokers, topic: TOPIC, group: GROUP, partitioner },
  });
  await createTables(mysql);
  await using cluster = await openCluster({ brokers, clientId: "chaos" });
  await cluster.createTopic(TOPIC, { partitions: PARTITIONS, replication: 1, compacted: false });
  // A broker that has just begun has no coordinators yet.
  await using log = await until("the audit's group", () =>
    RecordLog.open({ brokers, topic: TOPIC, partitions: PARTITIONS }),
  );
  const audit = new OffsetAudit({
    cluster,
    group: GROUP,
    topic: TOPIC,
    partitions: PARTITIONS,
    log,
    accepted,
    indexPrefix,
  });
  await using stack = new AsyncDisposableStack();
  const create = <Line extends StatusLine>(
    role: Instance["role"],
    count: number,
  ): Instance<Line>[] =>
    Array.from({ length: count }, (_, i) => {
      const name = `${role}-${i + 1}`;
      const logFile = join(folder, `${name}.log`);
      const process = { config, logFile, part: role };
      return { role, name, supervisor: stack.use(new Supervisor<Line>(process)) };
    });
  const captures = create<LogStatusLine>("capture", CAPTURES);
  const syncs = create<SyncStatusLine>("sync", SYNCS + 1);
  const instances: readonly Instance[] = [...captures, ...syncs];
  const failures = instances.map(({ supervisor }) => supervisor.failed);
  for (const { supervisor } of instances.slice(0, -1)) await supervisor.start();
  const faults = new Counts();
  const reached = { mysql, cluster, captures, audit, log };
  await unlessFailing(options.signal, failures, catchUp(reached));
  const workload = startWorkload({
    mysql: new URL(mysql.url),
    seed,
    acknowledged: () => (log.pendingActions > MOST_PENDING_ACTIONS ? null : placeOf(captures)),
  });
  let phase: ChaosProgress["phase"] = "attack";
  const progress = (): ChaosProgress => ({
    phase,
    faults,
    workload,
    rowsAcknowledged: syncs.reduce((sum, { supervisor }) => sum + supervisor.rows, 0),
  });
  const reports = setInterval(() => options.onProgress?.(progress()), 1_000);
  const giveUp = new AbortController();
  const attacking = attackInstances({
    seed,
    kills,
    instances,
    faults,
    signal: giveUp.signal,
    onDown: () => audit.check(),
    targets: {
      proxies,
      servers: { mysql, elasticsearch: options.elasticsearchService, kafka },
      onElasticsearchRestart: () => accepted.forgetDeletes(),
    },
  });
  try {
    await unlessFailing(options.signal, [workload.ended, ...failures], attacking);
    await workload.stop();
    phase = "catching up";
    for (const { supervisor } of instances) if (!supervisor.isRunning) await supervisor.start();
    const catchUpMs = await unlessFailing(options.signal, failures, catchUp(reached));
    const gaps = instances.map(({ supervisor }) => supervisor.status?.gaps ?? 0);
    for (const { supervisor } of instances) await supervisor.stop();
    await audit.check();
    phase = "comparing";
    const verification = await verifyTables({
      mysql: mysql.url,
      elasticsearch,
      tables: verifiedTables(indexPrefix),
    });
    const state = keptState({ choice, folder, elasticsearch, indexPrefix });
    return {
      progress: progress(),
      catchUpMs,
      verification,
      problems: [
        ...accepted.problems,
        ...log.problems,
        ...(Math.max(...gaps) > 0 ? [`${Math.max(...gaps)} gaps are noted`] : []),
        ...describeLetters(await state.deadLetters()),
      ],
      notes: notesOf(audit, log, accepted),
    };
  } finally {
    clearInterval(reports);
    giveUp.abort();
    await attacking.catch(() => undefined);
    await workload.abandon();
  }
}

/** Where the capture is in the log; null when it has not told. */
function placeOf(
  captures: readonly Instance<LogStatusLine>[],
): { readonly file: string; readonly position: number } | null {
  const places = captures.flatMap(({ supervisor: { status } }) =>
    status === null || status.file === "" ? [] : [status],
  );
  return places.at(0) ?? null;
}

interface Reached {
  readonly mysql: Service;
  readonly cluster: KafkaCluster;
  readonly captures: readonly Instance<LogStatusLine>[];
  readonly audit: OffsetAudit;
  readonly log: RecordLog;
}

/** Waits until everything in MySQL's log is in Kafka and every record there is acknowledged; returns how long that took, ms. */
async function catchUp({ mysql, cluster, captures, audit, log }: Reached): Promise<number> {
  const startMs = performance.now();
  const connection = await connect(mysql);
  const untilReached = async (what: string, isReached: () => Promise<boolean>): Promise<void> => {
    while (!(await isReached())) {
      if (performance.now() - startMs > CATCH_UP_LIMIT_MS)
        throw new Error(`${what} did not catch up in ${CATCH_UP_LIMIT_MS / 1000} s`);
      await sleep(200);
    }
  };
  const isCaptured = async (end: LogEnd): Promise<boolean> => {
    for (const { supervisor } of captures)
      if (await isCaughtUp(connection, supervisor.status, end)) return true;
    return false;
  };
  try {
    const end = await readLogEnd(connection);
    await untilReached(`The capture (to ${end.file}:${end.position})`, () => isCaptured(end));
    const ends = await log.ends(await cluster.listOffsets(TOPIC, "latest"));
    await untilReached("The syncs", async () => {
      await audit.check();
      return [...ends].every(([partition, offset]) => audit.committed(partition) >= offset);
    });
    return performance.now() - startMs;
  } finally {
    connection.destroy();
  }
}

function notesOf(audit: OffsetAudit, log: RecordLog, accepted: AcceptedActions): string[] {
  const count = (value: number): string => value.toLocaleString("en-US");
  return [
    `Committed offsets were asked for ${count(audit.checks)} times and never moved backwards; each of the ${count(audit.records)} records before them was accepted.`,
    `${count(log.records)} records, ${count(log.older)} of them older than one before them in their partition (XA transactions, and what is repeated of large ones); none of ${count(accepted.documents)} documents in two partitions.`,
    `${count(accepted.now)} actions were answered for, ${count(accepted.conflicts)} of them in conflict; no document went back.`,
  ];
}
