import { createConnection } from "mysql2/promise";
import { connectionOptions, type TestDatabase } from "../support/mysql.ts";
import type { RunningPipeline } from "../support/pipeline.ts";
import { until } from "../support/until.ts";

/** Resolves when every load is done; throws when one has failed. */
export async function loaded(run: Pick<RunningPipeline, "status">): Promise<void> {
  await until("the tables are loaded", () => {
    const { loads } = run.status();
    return loads.every(({ state }) => state === "done" || state === "failed");
  });
  const failed = run.status().loads.find(({ state }) => state === "failed");
  if (failed !== undefined) throw new Error(failed.error);
}

/** Runs statements over connections of its own, as fast as they go, until its scope ends. `make` gives those of turn `n`. */
export async function churn(
  db: TestDatabase,
  make: (n: number) => string,
  connections = 2,
): Promise<AsyncDisposable & { readonly count: number }> {
  const stop = new AbortController();
  let count = 0;
  const work = async (): Promise<void> => {
    const connection = await createConnection({ ...connectionOptions(db.url), database: db.name });
    try {
      while (!stop.signal.aborted) {
        count += 1;
        await connection.query(make(count)).catch((error: Error & { code?: string }) => {
          // two of us on one row
          if (error.code !== "ER_LOCK_DEADLOCK" && error.code !== "ER_DUP_ENTRY") throw error;
        });
      }
    } finally {
      await connection.end();
    }
  };
  const ended = Promise.all(Array.from({ length: connections }, work));
  return {
    get count() {
      return count;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
    },
  };
}
