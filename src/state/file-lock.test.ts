import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { takeFileLock } from "./file-lock.ts";

async function openLockPath(): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "tailrace-lock-"));
  return {
    path: join(folder, "lock"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

test("a lock is held by one, and free again when it is closed", async () => {
  await using at = await openLockPath();
  const lock = await takeFileLock(at.path);
  await lock.check();
  await expect(takeFileLock(at.path)).rejects.toMatchObject({
    code: "STATE_FOREIGN",
    message: `${at.path} is held by process ${process.pid}, which runs`,
  });
  await lock[Symbol.asyncDispose]();
  expect(await readdir(join(at.path, ".."))).toEqual([]);
  await using again = await takeFileLock(at.path);
  await again.check();
});

test("the lock of a killed process is taken over", async () => {
  await using at = await openLockPath();
  const script = `
    const { takeFileLock } = await import(${JSON.stringify(import.meta.resolve("./file-lock.ts"))});
    await takeFileLock(${JSON.stringify(at.path)});
    console.log("held");
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  // Whatever fails below: a child that lives on would keep the test run from ending.
  using _child = { [Symbol.dispose]: () => void child.kill("SIGKILL") };
  await once(child.stdout, "data");
  await expect(takeFileLock(at.path)).rejects.toThrow(
    `is held by process ${child.pid}, which runs`,
  );
  child.kill("SIGKILL");
  await once(child, "exit");
  await using lock = await takeFileLock(at.path);
  await lock.check();
});

test("a process id that was used again is not taken for the holder", async () => {
  await using at = await openLockPath();
  await writeFile(at.path, JSON.stringify({ pid: process.pid, started: "1", host: hostname() }));
  await using lock = await takeFileLock(at.path);
  await expect(lock.check()).resolves.toBeUndefined();
});

test("the lock of another host counts until it has not been checked for a minute", async () => {
  await using at = await openLockPath();
  await writeFile(at.path, JSON.stringify({ pid: 1, started: "1", host: "elsewhere" }));
  await expect(takeFileLock(at.path)).rejects.toMatchObject({ code: "STATE_FOREIGN" });
  const old = new Date(Date.now() - 61_000);
  await utimes(at.path, old, old);
  await using lock = await takeFileLock(at.path);
  await lock.check();
});

test("an empty lock, left by a crash while it was taken, is free after a moment", async () => {
  await using at = await openLockPath();
  await writeFile(at.path, "");
  await expect(takeFileLock(at.path)).rejects.toMatchObject({ code: "STATE_FOREIGN" });
  const old = new Date(Date.now() - 6_000);
  await utimes(at.path, old, old);
  await using lock = await takeFileLock(at.path);
  await lock.check();
});
