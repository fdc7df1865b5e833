import { HELP, parseDemoOptions, type DemoOptions } from "./demo/options.ts";
import { runDemo } from "./demo/run-demo.ts";
import { createScreen } from "./demo/screen.ts";

/** A Ctrl-C may arrive twice at once, from the terminal and from the parent process. */
const SAME_CTRL_C_MS = 500;

const stop = new AbortController();
let stoppedAtMs = 0;
const onSignal = (): void => {
  const isSecond = stop.signal.aborted && performance.now() - stoppedAtMs > SAME_CTRL_C_MS;
  if (isSecond) process.exit(130);
  stoppedAtMs ||= performance.now();
  stop.abort();
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);

async function main(): Promise<number> {
  let options: DemoOptions | null;
  try {
    options = parseDemoOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (options === null) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    return await runDemo(options, createScreen(process.stdout), stop.signal);
  } catch (error) {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

process.exitCode = await main();
