import { once } from "node:events";
import { createServer, connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** A TCP proxy on 127.0.0.1 that does to its connections what networks do. Starts passing everything on. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** The target's URL with the proxy's host and port in place of its own. */
  readonly url: URL;
  /** Connections open at this moment. */
  readonly connections: number;
  /** Resets every open connection, on both sides; new ones are accepted. */
  cut(): void;
  /** Passes no byte either way, and no end of stream: peers see a silent, half-open connection. New connections are accepted and silent. */
  stall(): void;
  /** Ends a stall: what waited goes on. */
  resume(): void;
  /** Closes the listening port: connecting is refused. Open connections stay. */
  refuse(): Promise<void>;
  /** Opens the port again after {@link Proxy.refuse}. */
  accept(): Promise<void>;
  /** From now on every chunk is passed on this many milliseconds later; 0 for none. Chunks wait one after another. */
  delay(ms: number): void;
}

/** Opens a proxy to the host and port of `target`; `await using` closes it and its connections. */
export async function openProxy(target: URL | string): Promise<Proxy> {
  const to = new URL(target);
  const pairs = new Set<readonly [Socket, Socket]>();
  let delayMs = 0;
  let open = Promise.resolve();
  let release: (() => void) | null = null;

  const pump = async (from: Socket, into: Socket): Promise<void> => {
    for await (const chunk of from) {
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      await open;
      if (!into.write(chunk as Buffer) && !into.destroyed) await once(into, "drain");
    }
    await open;
    into.end();
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({
      host: to.hostname,
      port: Number(to.port),
      allowHalfOpen: true,
      noDelay: true,
    });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const drop = (): void => {
      pairs.delete(pair);
      for (const socket of pair) if (!socket.destroyed) socket.resetAndDestroy();
    };
    for (const socket of pair) socket.on("error", drop);
    let ended = 0;
    for (const [from, into] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      pump(from, into).then(() => (ended += 1) === 2 && pairs.delete(pair), drop);
    }
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  const cut = (): void => {
    for (const pair of pairs) {
      pairs.delete(pair);
      for (const socket of pair) socket.resetAndDestroy();
    }
  };
  const resume = (): void => {
    release?.();
    release = null;
  };
  const refuse = async (): Promise<void> => {
    if (!server.listening) return;
    // The callback of close() waits for open connections; the port is shut when close() returns.
    server.close();
    await new Promise(setImmediate);
  };

  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = new URL(to);
  url.host = `127.0.0.1:${port}`;
  return {
    port,
    url,
    get connections() {
      return pairs.size;
    },
    cut,
    stall: () => {
      if (release === null) open = new Promise((resolve) => (release = resolve));
    },
    resume,
    refuse,
    accept: async () => {
      if (!server.listening) await listen(port);
    },
    delay: (ms) => {
      delayMs = ms;
    },
    [Symbol.asyncDispose]: async () => {
      await refuse();
      cut();
      resume();
    },
  };
}
