import { spawn } from "node:child_process";
import { expect, test } from "vitest";

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a process of its own. */
function tailrace(...args: readonly string[]): Promise<Outcome> {
  const main = new URL("main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [main, ...args], {
    env: {},
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

test("--help and --version go to standard output and end with 0", async () => {
  const help = await tailrace("--help");
  expect(help).toMatchObject({ code: 0, stderr: "" });
  for (const command of ["run", "check", "init", "config"]) expect(help.stdout).toContain(command);
  const version = await tailrace("--version");
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

test("a configuration that cannot be used ends with 2", async () => {
  const outcome = await tailrace("run", "nowhere.toml");
  expect(outcome).toMatchObject({ code: 2, stdout: "" });
  expect(outcome.stderr).toMatch(
    /^CONFIG_UNREADABLE: nowhere.toml cannot be read\n.*ENOENT.*\n\n→ /,
  );
});

test("an unknown command ends with 2", async () => {
  const outcome = await tailrace("chek", "x.toml");
  expect(outcome).toMatchObject({ code: 2, stdout: "" });
  expect(outcome.stderr).toContain("unknown command 'chek'");
});
