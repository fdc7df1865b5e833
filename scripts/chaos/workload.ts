import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../support/random.ts";
import type { ChangeKind } from "./change-kind.ts";
import { Counts } from "./counts.ts";
import { ROW_CHANGES } from "./row-changes.ts";
import { SCHEMA_CHANGES, SCHEMA_ROW_CHANGES, TOUCH_ALL } from "./schema-changes.ts";
import { type Outcome, Session } from "./session.ts";
import { LARGE_CHANGES, sessionStatements, SPECIAL_CHANGES } from "./special-changes.ts";
import { DATABASE } from "./tables.ts";

/** The changes that go on in the database until they are stopped. */
export interface Workload {
  /** Changes made, by kind. */
  readonly changes: Counts;
  /** Changes that met an error, by its code: another worker's lock, a server that was away. */
  readonly failures: Counts;
  /** Rows affected, as the server counts them. */
  readonly rows: number;
  /** Rejects when a statement meets an error that it should not; resolves after {@link Workload.stop}. */
  readonly ended: Promise<void>;
  /** Ends the changes, ends what XA transactions are still prepared, and updates all rows of tables whose columns have changed. The server must be up. */
  stop(): Promise<void>;
  /** Ends the changes, whatever they leave behind. */
  abandon(): Promise<void>;
}

/** What a workload is made of. */
export interface WorkloadOptions {
  readonly mysql: URL;
  readonly seed: number;
  /** Changes of rows beside the usual ones. */
  readonly moreChanges?: readonly ChangeKind[];
  /** Where the pipeline is in the log, or null before it has begun: large changes wait for one that is far behind. */
  readonly acknowledged: () => { readonly file: string; readonly position: number } | null;
}

interface Worker {
  readonly name: string;
  readonly changes: readonly ChangeKind[];
  /** Between two changes. */
  readonly pauseMs: readonly [least: number, most: number];
  /** Does nothing while the pipeline is further behind, bytes of the log. */
  readonly mostBacklogBytes?: number;
}

function workers({ moreChanges = [] }: WorkloadOptions): readonly Worker[] {
  const rows = {
    changes: [...ROW_CHANGES, ...SPECIAL_CHANGES, ...SCHEMA_ROW_CHANGES, ...moreChanges],
    pauseMs: [5, 60],
  } as const;
  return [
    { name: "rows 1", ...rows },
    { name: "rows 2", ...rows },
    { name: "rows 3", ...rows },
    {
      name: "large",
      changes: LARGE_CHANGES,
      pauseMs: [3_000, 10_000],
      mostBacklogBytes: 16 * 1024 * 1024,
    },
    { name: "schema", changes: SCHEMA_CHANGES, pauseMs: [500, 3_000] },
  ];
}

/** A worker takes new settings for its session about every so many changes. */
const CHANGES_A_SESSION = 15;

/** Starts the workload. The changes of each worker, and its pauses, depend on the seed alone (those of columns also on the columns that are there). */
export function startWorkload(options: WorkloadOptions): Workload {
  const stop = new AbortController();
  const changes = new Counts();
  const failures = new Counts();
  let rows = 0;
  const count = (name: string, outcome: Outcome): void => {
    if (outcome.kind === "failed") return failures.add(outcome.code);
    changes.add(name);
    rows += outcome.rows;
  };
  const ended = Promise.all(
    workers(options).map((worker) => work(worker, { ...options, signal: stop.signal, count })),
  ).then(() => undefined);
  ended.catch(() => stop.abort());
  return {
    changes,
    failures,
    get rows() {
      return rows;
    },
    ended,
    stop: async () => {
      stop.abort();
      await ended;
      await settle(options);
    },
    abandon: async () => {
      stop.abort();
      await ended.catch(() => undefined);
    },
  };
}

interface WorkContext extends WorkloadOptions {
  readonly signal: AbortSignal;
  readonly count: (name: string, outcome: Outcome) => void;
}

async function work(worker: Worker, context: WorkContext): Promise<void> {
  const { name, changes, pauseMs, mostBacklogBytes = Infinity } = worker;
  const { mysql, seed, signal, count } = context;
  const random = createRandom(seed, name);
  const session = new Session(mysql, signal);
  const kinds = changes.map((item) => ({ weight: item.weight, item }));
  const needsColumns = changes === SCHEMA_CHANGES;
  try {
    while (!signal.aborted) {
      if (random.chance(1 / CHANGES_A_SESSION))
        count("session settings", await session.configure(sessionStatements(random)));
      const columns = needsColumns ? await readColumns(session) : new Set<string>();
      const kind = random.pickWeighted(kinds);
      count(kind.name, await session.run(kind.statements(random, columns)));
      const pause = random.integer(...pauseMs);
      do await sleep(pause, undefined, { signal }).catch(() => undefined);
      while (!signal.aborted && (await isBehind(session, context, mostBacklogBytes)));
    }
  } finally {
    session.close();
  }
}

/** Is there more in the log behind the pipeline's place than it should have to catch up with? */
async function isBehind(
  session: Session,
  { acknowledged }: WorkloadOptions,
  mostBytes: number,
): Promise<boolean> {
  if (mostBytes === Infinity) return false;
  const place = acknowledged() ?? { file: "", position: 0 };
  const logs = await session.query("SHOW BINARY LOGS");
  const bytes = (logs ?? [])
    .filter((log) => String(log["Log_name"]) >= place.file)
    .reduce((sum, log) => sum + Number(log["File_size"]), -place.position);
  return bytes > mostBytes;
}

async function readColumns(session: Session): Promise<ReadonlySet<string>> {
  const rows = await session.query(
    `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '${DATABASE}' AND TABLE_NAME = 'shifting'`,
  );
  return new Set(rows?.map((row) => String(row["name"])));
}

/** Leaves nothing open, and no row that a change of columns has changed without the log saying so. */
async function settle({ mysql }: WorkloadOptions): Promise<void> {
  const session = new Session(mysql, new AbortController().signal);
  try {
    const prepared = await session.query("XA RECOVER");
    if (prepared === null) throw new Error("XA RECOVER failed");
    const ends = prepared.map((row) => `XA ROLLBACK '${String(row["data"])}'`);
    for (const statements of [ends, TOUCH_ALL]) {
      const outcome = await session.run(statements);
      if (outcome.kind === "failed")
        throw new Error(`The workload cannot be ended: ${outcome.code}`);
    }
  } finally {
    session.close();
  }
}
