#!/usr/bin/env node
import nodeModule from "node:module";
import { isatty } from "node:tty";

const OLDEST_NODE = 24;
if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(
    `tailrace needs Node.js ${OLDEST_NODE} or newer; this is ${process.version} (${process.execPath}).\n\n` +
      "→ Install a newer Node.js. In a checkout, `npm run tailrace -- …` brings its own.\n",
  );
  process.exit(2);
}

// Before anything else is loaded: what Node compiled (and stripped of types) at the last start need not be compiled again.
nodeModule.enableCompileCache();
const { EXIT_FORCED } = await import("./cli/context.ts");
const { runCli } = await import("./cli/run-cli.ts");
const { tuneHeap } = await import("./core/tune-heap.ts");
tuneHeap();

/** Aborts at the first SIGTERM or SIGINT; the second ends the process. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(EXIT_FORCED);
    stop.abort();
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return stop.signal;
}

/** SIGHUP asks for a reload, unless it means that the terminal which we run in is gone: then it ends us as it ends others. */
function onReloadSignal(listener: () => void): void {
  const hadTerminal = isatty(0);
  process.on("SIGHUP", () => {
    if (hadTerminal && !isatty(0)) process.kill(process.pid, "SIGTERM");
    else listener();
  });
}

// A reader that goes away (`tailrace … | head`) is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  print: (text) => void process.stdout.write(text),
  warn: (text) => void process.stderr.write(text),
  stopSignal,
  onReloadSignal,
  ...(process.stderr.isTTY && { terminal: { columns: () => process.stderr.columns } }),
});

// What was printed into a pipe leaves first.
process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
