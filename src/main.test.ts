import { expect, test } from "vitest";
import { spawnTailrace } from "../test/cli/process.ts";

/** Runs a command line as a process of its own to its end. */
async function tailrace(...args: readonly string[]) {
  await using child = spawnTailrace(args);
  const code = await child.exitCode;
  return { code, stdout: child.stdout, stderr: child.stderr };
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
