const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Closer together than people press a key twice. */
const ECHO_MS = 300;

/**
 * Calls `listener` for every request to stop (Ctrl-C, SIGTERM, SIGHUP), with how many there were. One Ctrl-C under `npm run` arrives up to
 * three times, from the terminal, from npm and from with-node.mjs: what comes within a moment counts once.
 */
export function onStopSignal(listener: (count: number) => void): void {
  let count = 0;
  let last = -Infinity;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const now = performance.now();
      const isEcho = now - last < ECHO_MS;
      last = now;
      if (isEcho) return;
      count += 1;
      listener(count);
    });
  }
}
