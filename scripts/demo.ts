import { HELP, parseDemoOptions, type DemoOptions } from "./demo/options.ts";
import { runDemo } from "./demo/run-demo.ts";
import { createScreen } from "./demo/screen.ts";
import { onStopSignal } from "./stop-signals.ts";

const stop = new AbortController();
let isOpen = false;
onStopSignal((count) => {
  // Servers that are not kept go with this process, however it ends.
  if (!isOpen || count > 1) process.exit(130);
  stop.abort();
});

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
    return await runDemo(options, {
      screen: createScreen(process.stdout),
      signal: stop.signal,
      onOpen: () => {
        isOpen = true;
      },
    });
  } catch (error) {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

process.exitCode = await main();
