import { once } from "node:events";
import { connect, createServer } from "node:net";

// Below the range that systems give to outgoing connections (Linux: 32768 on), so that nobody takes a port while its server restarts.
const FIRST = 21_000;
const LAST = 31_999;

/** Can a server on 127.0.0.1 listen on this port now? */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen({ port, host: "127.0.0.1", exclusive: true });
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}

/** A port of 127.0.0.1 that nobody listens on, chosen at random. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (await isPortFree(port)) return port;
  }
  throw new Error(`No free TCP port between ${FIRST} and ${LAST} on 127.0.0.1`);
}

/** Does somebody accept connections on this port of 127.0.0.1? */
export async function isPortOpen(port: number): Promise<boolean> {
  const socket = connect({ port, host: "127.0.0.1" });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
