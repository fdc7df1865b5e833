import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { createConnection } from "mysql2/promise";
import type { Service } from "../../scripts/services/contract.ts";
import { connectionOptions, type TestDatabase } from "./mysql.ts";

/** A schema `shop` on a server of the test's own. Each query has a connection of its own, so that servers may come and go. */
export function databaseOf(service: Service): Omit<TestDatabase, "connection"> {
  const url = new URL(service.url);
  const query = async <Row>(sql: string, values: readonly unknown[] = []): Promise<Row[]> => {
    const connection = await createConnection(connectionOptions(url));
    try {
      // unlogged, for it is done again and again
      await connection.query(
        "set sql_log_bin = 0; create database if not exists shop; use shop; set sql_log_bin = 1",
      );
      const [rows] = await connection.query(sql, [...values]);
      return rows as Row[];
    } finally {
      connection.destroy();
    }
  };
  return {
    name: "shop",
    url,
    query,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** An address that leads to one server, then to another, as a virtual IP does. */
export interface MovingAddress extends AsyncDisposable {
  readonly url: URL;
  /** New connections go there; open ones stay. */
  move(to: URL): void;
  /** Resets the open connections; `which` picks by the order in which they were opened. */
  cut(which?: (index: number) => boolean): void;
}

/** Opens an address that leads to `target` at first. */
export async function openMovingAddress(target: URL): Promise<MovingAddress> {
  let to = target;
  const pairs: (readonly [Socket, Socket])[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    const pair = [client, upstream] as const;
    pairs.push(pair);
    for (const socket of pair) {
      socket.on("error", () => pair.forEach((each) => each.destroy()));
      socket.on("close", () => pair.forEach((each) => each.destroy()));
    }
    client.pipe(upstream);
    upstream.pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cut = (which: (index: number) => boolean = () => true): void =>
    pairs.filter((_, i) => which(i)).forEach(([client]) => client.destroy());
  return {
    url,
    cut,
    move: (next) => {
      to = next;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      cut();
    },
  };
}
