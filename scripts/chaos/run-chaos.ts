import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openProxy } from "../../test/support/proxy.ts";
import { verifyTables, type VerifyResult } from "../../test/support/verify.ts";
import type { Service } from "../services/contract.ts";
import { isCaughtUp, readLogEnd } from "../support/log-end.ts";
import { attack, together } from "./attack.ts";
import type { ChangeKind } from "./change-kind.ts";
import { type LoadSettings, writeConfigFile } from "./config-file.ts";
import { Counts } from "./counts.ts";
import { Invariants } from "./invariants.ts";
import { keptState } from "./kept-state.ts";
import { Supervisor } from "./supervisor.ts";
import { connect, createTables, describeLetters, unlessFailing } from "./run-parts.ts";
import { type ChaosTable, TABLES, verifiedTables, watchedDocuments } from "./tables.ts";
import { startWorkload, type Workload } from "./workload.ts";

/** What a run of chaos needs. */
export interface ChaosOptions {
  readonly seed: number;
  /** How many times the pipeline is killed (`kill -9`). */
  readonly kills: number;
  /** A MySQL of the run's own: its whole log is read, and it is restarted and killed. */
  readonly mysql: Service;
  readonly elasticsearch: URL;
  /** The server at that URL, when it may be restarted and killed. */
  readonly elasticsearchService: Service | null;
  /** Names of indices begin with it. */
  readonly indexPrefix: string;
  /** For configuration, state and log; emptied first. */
  readonly folder: string;
  /** Ends the run before its time, as a failure. */
  readonly signal: AbortSignal;
  /** Told every second. */
  readonly onProgress?: (progress: ChaosProgress) => void;
  /** What is there before and goes on beside; absent = nothing. */
  readonly scene?: ChaosScene;
}

/** A run whose tables are filled before, and loaded. */
export interface ChaosScene {
  /** Beside those that every run has. */
  readonly tables: readonly ChaosTable[];
  /** Statements that fill them. */
  readonly fill: readonly string[];
  /** Changes of their rows. */
  readonly changes: readonly ChangeKind[];
  readonly load: LoadSettings;
  /** Told when the pipeline is about to be killed. */
  onKill(faults: Counts): void;
  /** Goes on beside the attack until the signal aborts. */
  beside(signal: AbortSignal): Promise<void>;
  /** Looks at the pipeline when it has caught up and still runs. Resolves with what was in order and what was not, a line each. */
  inspect(config: string): Promise<Pick<ChaosResult, "notes" | "problems">>;
}

/** How far a run is. */
export interface ChaosProgress {
  readonly phase: "attack" | "catching up" | "comparing";
  readonly faults: Counts;
  readonly workload: Workload;
  /** Rows that the pipeline has acknowledged, repetitions included. */
  readonly rowsAcknowledged: number;
}

/** What a run came to. */
export interface ChaosResult {
  readonly progress: ChaosProgress;
  /** What was looked at during the run and was in order, a line each. */
  readonly notes: readonly string[];
  readonly catchUpMs: number;
  /** What is wrong beside the comparison: documents that were refused, rows that the log could not deliver. */
  readonly problems: readonly string[];
  readonly verification: VerifyResult;
}

/** How long the pipeline may take to catch up after the last fault, ms. */
const CATCH_UP_LIMIT_MS = 300_000;

/**
 * Runs a random workload, kills the pipeline again and again, and breaks its servers and connections; then lets it catch up and compares every row with its
 * document. Throws when the pipeline ends by itself, when an invariant does not hold, or when it does not catch up.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, kills, mysql, elasticsearch, elasticsearchService, indexPrefix, folder } = options;
  const { scene } = options;
  const tables = [...TABLES, ...(scene?.tables ?? [])];
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await using mysqlProxy = await openProxy(mysql.url);
  await using elasticsearchProxy = await openProxy(elasticsearch);
  const proxies = { mysql: mysqlProxy, elasticsearch: elasticsearchProxy };
  const config = join(folder, "chaos.toml");
  const choice = await writeConfigFile(config, {
    mysql: mysqlProxy.url,
    elasticsearch: elasticsearchProxy.url,
    indexPrefix,
    seed,
    tables,
    ...(scene !== undefined && { load: scene.load }),
  });
  await createTables(mysql, tables, scene?.fill);
  const state = keptState({ choice, folder, elasticsearch, indexPrefix });
  const invariants = new Invariants({
    state,
    elasticsearch,
    documents: watchedDocuments(indexPrefix),
  });
  const faults = new Counts();
  await using supervisor = new Supervisor({
    config,
    logFile: join(folder, "tailrace.log"),
    beforeStart: () => invariants.check(),
    onKill: () => scene?.onKill(faults),
  });
  await supervisor.start();
  await unlessFailing(options.signal, [supervisor.failed], catchUp(mysql, supervisor));
  const workload = startWorkload({
    mysql: new URL(mysql.url),
    seed,
    ...(scene !== undefined && { moreChanges: scene.changes }),
    acknowledged: () => supervisor.status ?? invariants.checkpoint,
  });
  let phase: ChaosProgress["phase"] = "attack";
  const progress = (): ChaosProgress => ({
    phase,
    faults,
    workload,
    rowsAcknowledged: supervisor.rows,
  });
  const reports = setInterval(() => options.onProgress?.(progress()), 1_000);
  const giveUp = new AbortController();
  const targets = {
    proxies,
    servers: { mysql, elasticsearch: elasticsearchService },
    onElasticsearchRestart: () => invariants.forgetVersions(),
  };
  const attacking = together(giveUp.signal, [
    (signal) => attack({ seed, kills, supervisor, faults, signal, targets }),
    ...(scene === undefined ? [] : [(signal: AbortSignal) => scene.beside(signal)]),
  ]);
  try {
    await unlessFailing(options.signal, [workload.ended, supervisor.failed], attacking);
    await workload.stop();
    phase = "catching up";
    const catchUpMs = await unlessFailing(
      options.signal,
      [supervisor.failed],
      catchUp(mysql, supervisor),
    );
    phase = "comparing";
    const inspecting = scene?.inspect(config) ?? Promise.resolve({ notes: [], problems: [] });
    const found = await unlessFailing(options.signal, [supervisor.failed], inspecting);
    const gaps = supervisor.status?.gaps ?? 0;
    await supervisor.stop();
    await invariants.check();
    const verification = await verifyTables({
      mysql: mysql.url,
      elasticsearch,
      tables: verifiedTables(indexPrefix, tables),
    });
    return {
      progress: progress(),
      notes: [
        `The checkpoint never moved backwards; ${invariants.versionsCompared.toLocaleString("en-US")} versions of documents were compared, none had decreased.`,
        ...found.notes,
      ],
      catchUpMs,
      problems: [
        ...found.problems,
        ...(gaps > 0 ? [`${gaps} gaps are noted in the checkpoint`] : []),
        ...describeLetters(await state.deadLetters()),
      ],
      verification,
    };
  } finally {
    clearInterval(reports);
    giveUp.abort();
    await attacking.catch(() => undefined);
    await workload.abandon();
  }
}

/** Waits until everything in the log is acknowledged; returns how long that took, ms. */
async function catchUp(mysql: Service, supervisor: Supervisor): Promise<number> {
  const startMs = performance.now();
  const connection = await connect(mysql);
  try {
    const end = await readLogEnd(connection);
    while (!(await isCaughtUp(connection, supervisor.status, end))) {
      if (performance.now() - startMs > CATCH_UP_LIMIT_MS)
        throw new Error(
          `tailrace did not catch up with ${end.file}:${end.position} in ${CATCH_UP_LIMIT_MS / 1000} s; its last status: ${JSON.stringify(supervisor.status)}`,
        );
      await sleep(200);
    }
    return performance.now() - startMs;
  } finally {
    connection.destroy();
  }
}
