import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

const RETRY_MS = 100;
const LIMIT_MS = 15 * 60_000;

/**
 * Runs `work` while no other process of this machine runs work under the same key (a path). Waits for its turn, at most 15 minutes.
 *
 * The lock is a socket in Linux's abstract name space: binding a name is atomic, and the kernel gives it back when its holder dies in
 * whatever way, so there is no stale lock to detect. A lock file would need that detection, which two waiters can do at the same time.
 * Elsewhere than on Linux servers come from Docker, which serialises by itself, and nothing is locked.
 */
export async function withLock<T>(key: string, work: () => Promise<T>): Promise<T> {
  if (process.platform !== "linux") return work();
  const name = `\0tailrace-${createHash("sha256").update(key).digest("hex")}`;
  const deadline = Date.now() + LIMIT_MS;
  const server = createServer();
  for (;;) {
    server.listen(name);
    try {
      await once(server, "listening");
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      if (Date.now() > deadline)
        throw new Error(`Another process still works on ${key}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  try {
    return await work();
  } finally {
    server.close();
  }
}
