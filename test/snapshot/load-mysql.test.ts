import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { Chunk, ChunkDestination } from "../../src/core/load.ts";
import { openChunkReader } from "../../src/mysql/chunk-reader.ts";
import type { ConnectionOptions } from "../../src/mysql/connection.ts";
import { LoadRunner } from "../../src/snapshot/load-runner.ts";
import { newLoad } from "../../src/snapshot/new-load.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { until } from "../support/until.ts";
import { MemoryJournal } from "./fakes.ts";

const ROWS = 50_000;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The values of the first column of a chunk's row packets: digits behind a length of one byte. */
function firstColumn({ buffers }: Chunk): number[] {
  const values: number[] = [];
  for (const buffer of buffers) {
    for (let at = 0; at < buffer.length; at += 4 + buffer.readUIntLE(at, 3)) {
      const length = buffer[at + 4]!;
      values.push(Number(buffer.toString("latin1", at + 5, at + 5 + length)));
    }
  }
  return values;
}

/** Keys 3, 6, 9, …: those divisible by 9 are deleted meanwhile, others come between them. */
async function fill(db: TestDatabase): Promise<void> {
  await db.query("CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, name VARCHAR(100), n INT)");
  const digits = "SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4";
  const ten = `(${digits} UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)`;
  await db.query(`
    INSERT INTO t SELECT 3 * (1 + a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d), REPEAT('x', a.d * b.d), 1
    FROM ${ten} a, ${ten} b, ${ten} c, ${ten} d, (${digits}) e`);
}

/** Inserts, deletes and updates rows until told to stop; resolves with how many statements there were. */
async function work(db: TestDatabase, isOver: () => boolean): Promise<number> {
  let statements = 0;
  for (let step = 1; !isOver(); step = (step * 7_919 + 13) % ROWS) {
    await db.query(`
      DELETE FROM t WHERE id BETWEEN ${9 * step} AND ${9 * step + 90} AND id % 9 = 0;
      INSERT IGNORE INTO t VALUES (${3 * step + 1}, 'new', 2), (${3 * ROWS + 3 * step}, 'behind', 2);
      UPDATE t SET n = n + 1 WHERE id = ${3 * step}`);
    statements += 3;
    await nextTurn();
  }
  return statements;
}

test.each(["mysql", "mariadb"] as const)(
  "no row of %s that is there all the time is missed while others come and go, and connections are killed",
  async (server) => {
    await using db = await openTestDatabase(server);
    await fill(db);
    await using reader = await openUser(db);
    const found: number[] = [];
    let chunks = 0;
    const destination: ChunkDestination = {
      open: () => ({
        write: async (chunk) => {
          chunks += 1;
          found.push(...firstColumn(chunk));
          if (chunks === 10) await reader.kill();
        },
        discard: () => {},
      }),
    };
    let opened = 0;
    await using runner = new LoadRunner({
      openReader: () => {
        opened += 1;
        return openChunkReader(reader.options);
      },
      destination,
      journal: new MemoryJournal(),
      connections: 4,
      chunkBytes: 16_384,
      clock: systemClock,
      logger: silent,
      signal: new AbortController().signal,
    });
    const load = newLoad({ database: db.name, table: "t", rules: ["t"], where: undefined });
    await runner.start([load]);
    await until("the bound is known", () => runner.status()[0]!.upTo !== null, { intervalMs: 1 });
    let isOver = false;
    const working = work(db, () => isOver);
    await runner.idle();
    isOver = true;
    expect(await working).toBeGreaterThan(0);
    expect(runner.status()).toMatchObject([{ state: "done", upTo: [String(3 * ROWS)] }]);
    const all = new Set(found);
    expect(all.size).toBe(found.length);
    const stable = Array.from({ length: ROWS }, (_, index) => 3 * (index + 1));
    expect(stable.filter((id) => id % 9 !== 0 && !all.has(id))).toEqual([]);
    expect(Math.max(...found)).toBe(3 * ROWS);
    expect(chunks).toBeGreaterThan(50);
    expect(opened).toBeGreaterThan(4);
  },
);

/** A user that may do what a load needs, and nothing else. */
interface ReadingUser extends AsyncDisposable {
  readonly options: ConnectionOptions;
  /** Ends all its connections. */
  kill(): Promise<void>;
}

async function openUser(db: TestDatabase): Promise<ReadingUser> {
  const user = db.name;
  await db.query(`
    CREATE USER ${user} IDENTIFIED BY 'secret';
    GRANT SELECT ON ${db.name}.* TO ${user};
    GRANT REPLICATION CLIENT ON *.* TO ${user}`);
  const port = Number(db.url.port);
  return {
    options: { host: db.url.hostname, port, user, password: "secret" },
    kill: async () => {
      const list = `SELECT id FROM information_schema.processlist WHERE user = '${user}'`;
      const connections = await db.query<{ id: string }>(list);
      expect(connections.length).toBeGreaterThan(0);
      // One may have gone meanwhile.
      for (const { id } of connections) await db.query(`KILL ${id}`).catch(() => {});
    },
    [Symbol.asyncDispose]: async () => {
      await db.query(`DROP USER ${user}`);
    },
  };
}
