/**
 * The command `npm test [-- vitest's arguments]`: starts the servers that the tests need, runs all tests, stops the servers, and ends with
 * the line `N passed, N failed, N skipped`. The exit code is 0 when nothing failed. `--project unit` needs and starts no servers.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "./services/paths.ts";
import { onStopSignal } from "./stop-signals.ts";
import { startTestServers } from "./test/servers.ts";
import type { VitestReport } from "./test/summary.ts";
import { summarise } from "./test/summary.ts";

const args = process.argv.slice(2);
let tests: ChildProcess | null = null;

onStopSignal((count) => {
  process.exitCode = 130;
  // The servers are owned: whatever way we end, they are stopped.
  if (tests === null || count > 1) process.exit(130);
  tests.kill("SIGTERM");
});

let summary = "0 passed, 0 failed, 0 skipped";
try {
  const needsServers = !/(^| )--project[ =]unit( |$)/.test(args.join(" "));
  await using servers = needsServers ? await startTestServers(report) : null;
  const folder = await mkdtemp(join(tmpdir(), "tailrace-tests-"));
  const file = join(folder, "report.json");
  const code = await runVitest(file, servers?.environment ?? {});
  process.exitCode ??= code;
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) console.error(`The tests ended early (exit code ${code}).`);
  else summary = summarise(JSON.parse(text) as VitestReport);
  await rm(folder, { recursive: true });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode ??= 1;
}
console.log(summary);

/** Runs all tests, or those that the arguments select, and returns the exit code. */
async function runVitest(
  file: string,
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const vitest = join(REPOSITORY, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const child = spawn(process.execPath, [vitest, "run", ...reporters, ...args], {
    cwd: REPOSITORY,
    env: { ...process.env, ...environment },
    stdio: "inherit",
  });
  tests = child;
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

function report(line: string): void {
  console.error(line);
}
