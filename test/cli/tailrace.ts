import { runCli } from "../../src/cli/run-cli.ts";

/** What a command line printed and ended with. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, with nothing but `env` in its environment. */
export async function tailrace(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  let [stdout, stderr] = ["", ""];
  const code = await runCli(args, {
    env,
    print: (text) => {
      stdout += text;
    },
    warn: (text) => {
      stderr += text;
    },
    stopSignal: () => new AbortController().signal,
  });
  return { code, stdout, stderr };
}
