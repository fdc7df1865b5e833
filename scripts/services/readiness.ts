import type { ServiceName } from "./contract.ts";
import { PROTOCOLS } from "./registry.ts";

const LIMIT_MS = 180_000;
const POLL_MS = 100;

/** What {@link waitUntilReady} waits for. */
export interface StartingServer {
  readonly name: ServiceName;
  readonly port: number;
  /** Has it ended instead? */
  readonly hasEnded: () => Promise<boolean>;
  /** The end of its log, for the message when it does not come up. */
  readonly log: () => Promise<string>;
}

/** Resolves with the server's version when it answers. Throws with its log when it ends, or does not answer in three minutes. */
export async function waitUntilReady(server: StartingServer): Promise<string> {
  const protocol = PROTOCOLS[server.name];
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    try {
      return await protocol.probe(protocol.url(server.port));
    } catch (error) {
      const ended = await server.hasEnded();
      if (ended || Date.now() > deadline) {
        const what = ended ? "ended" : `did not answer in ${LIMIT_MS / 1000} s`;
        throw new Error(`${server.name} ${what}. The end of its log:\n${await server.log()}`, {
          cause: error,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
