import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { withLock } from "./lock.ts";
import { findFreePort, isPortFree, isPortOpen } from "./ports.ts";
import { findProcess, isAlive, startDetached, stopProcess } from "./process.ts";

test("a detached process is known by its id and start, and stopped", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tailrace-test-"));
  const record = await startDetached({
    command: "/bin/sh",
    args: ["-c", "echo started; exec sleep 60"],
    cwd: folder,
    logFile: join(folder, "log"),
  });
  const log = (): Promise<string> => readFile(join(folder, "log"), "utf8");
  await until("its output", async () => (await log()) === "started\n");
  expect(isAlive(record)).toBe(true);
  expect(isAlive({ ...record, startedAt: "0" })).toBe(false);
  await stopProcess(record, 5000);
  expect(isAlive(record)).toBe(false);
  await rm(folder, { recursive: true });
});

test("a process that ignores SIGTERM is killed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tailrace-test-"));
  const record = await startDetached({
    command: "/bin/sh",
    args: ["-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"],
    cwd: folder,
    logFile: join(folder, "log"),
  });
  await until("its trap", async () => (await readFile(join(folder, "log"), "utf8")) !== "");
  await stopProcess(record, 200);
  expect(findProcess(record.pid)).toBeNull();
  await rm(folder, { recursive: true });
});

test("work under one key is done by one at a time", async () => {
  let running = 0;
  const work = async (): Promise<void> => {
    running += 1;
    expect(running).toBe(1);
    await new Promise(setImmediate);
    running -= 1;
  };
  await Promise.all([withLock("a", work), withLock("a", work), withLock("a", work)]);
});

test("a lock goes with the process that holds it", async () => {
  const module = new URL("lock.ts", import.meta.url).href;
  const holder = spawn(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { withLock } from ${JSON.stringify(module)};
       await withLock("b", () => new Promise(() => { console.log("held"); setInterval(() => {}, 1000); }));`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  let entered = false;
  const waiting = withLock("b", async () => {
    entered = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(entered).toBe(false);
  holder.kill("SIGKILL");
  await waiting;
  expect(entered).toBe(true);
});

test("a free port is free and closed", async () => {
  const port = await findFreePort();
  expect(await isPortFree(port)).toBe(true);
  expect(await isPortOpen(port)).toBe(false);
});
