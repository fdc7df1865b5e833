import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { createConnection } from "mysql2/promise";
import { expect, test } from "vitest";
import type { Service } from "../../scripts/services/contract.ts";
import { findProcess } from "../../scripts/services/process.ts";
import { startService } from "../../scripts/services/start-service.ts";
import { until } from "../support/until.ts";

async function query(service: Service, sql: string): Promise<unknown> {
  const connection = await createConnection({ uri: service.url, multipleStatements: true });
  try {
    const [rows] = await connection.query(sql);
    return rows;
  } finally {
    connection.destroy();
  }
}

test("a server of one's own takes options, keeps its data over restarts and crashes, and leaves nothing", async () => {
  let directory: string;
  {
    await using first = await startService("mysql", {
      owned: true,
      dedicated: true,
      options: { binlog_row_metadata: "MINIMAL" },
    });
    await using second = await startService("mysql", { owned: true, dedicated: true });
    expect(second.url).not.toBe(first.url);
    directory = first.directory ?? "";

    const settings = "SELECT @@binlog_row_metadata AS metadata, @@server_uuid AS uuid";
    const [before] = (await query(first, settings)) as [{ metadata: string; uuid: string }];
    const [other] = (await query(second, settings)) as [{ metadata: string; uuid: string }];
    expect(before.metadata).toBe("MINIMAL");
    expect(other.metadata).toBe("FULL");
    expect(other.uuid).not.toBe(before.uuid);

    await query(first, "CREATE DATABASE a; CREATE TABLE a.b (c INT); INSERT INTO a.b VALUES (7)");
    const { url, pid } = first;
    await first.restart();
    expect(first.url).toBe(url);
    expect(first.pid).not.toBe(pid);
    expect(await query(first, "SELECT c FROM a.b")).toEqual([{ c: 7 }]);

    await first.kill();
    await expect(query(first, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
    await first.start({ binlog_row_metadata: "FULL" });
    expect(await query(first, "SELECT c FROM a.b")).toEqual([{ c: 7 }]);
    expect(await query(first, settings)).toEqual([{ metadata: "FULL", uuid: before.uuid }]);
  }
  expect(existsSync(directory)).toBe(false);
});

test("an owned server is stopped and removed when its owner is killed", async () => {
  const module = new URL("../../scripts/services/start-service.ts", import.meta.url).href;
  const owner = spawn(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { startService } from ${JSON.stringify(module)};
       const { pid, directory } = await startService("mysql", { owned: true, dedicated: true });
       console.log(JSON.stringify({ pid, directory }));
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const line = await new Promise<string>((resolve) =>
    createInterface(owner.stdout).once("line", resolve),
  );
  const { pid, directory } = JSON.parse(line) as { pid: number; directory: string };
  expect(findProcess(pid)).not.toBeNull();
  owner.kill("SIGKILL");
  await until("the server is gone", () => findProcess(pid) === null);
  await until("its folder is gone", () => !existsSync(directory));
});
