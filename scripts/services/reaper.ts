import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Stands a reaper down: what it was to remove is gone. */
export type StandDown = () => void;

/**
 * Starts a process that removes the server in this folder when this process has ended, be it by SIGKILL: it reads a pipe from us, which the
 * kernel closes with us. A handler of the exit event would not run then, and could not wait for a server to stop.
 */
export function startReaper(directory: string): StandDown {
  const script = fileURLToPath(new URL("reap.ts", import.meta.url));
  const reaper = spawn(
    "/bin/sh",
    ["-c", 'while read -r _; do :; done; exec "$0" "$@"', process.execPath, script, directory],
    // In a session of its own: Ctrl-C must not reach it.
    { detached: true, stdio: ["pipe", "ignore", "ignore"] },
  );
  reaper.unref();
  reaper.on("error", () => {
    // No shell: then there is nobody to clean up after a SIGKILL, and the next owned start does it.
  });
  return () => {
    reaper.kill("SIGKILL");
    reaper.stdin.destroy();
  };
}
