import { randomInt } from "node:crypto";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import {
  openConnection,
  parseConnectionUrl,
  type ConnectionOptions,
} from "../../src/mysql/connection.ts";
import { registerReplica } from "../../src/mysql/dump-packets.ts";
import { listReplicas, ServerIdClaim } from "../../src/mysql/server-id-claim.ts";
import { openProxy } from "../support/proxy.ts";
import { testServerUrl } from "../support/servers.ts";
import { until } from "../support/until.ts";

function claimOf(connection: ConnectionOptions, serverId: number): ServerIdClaim {
  const times = { leaseS: 2, patienceS: 1 };
  return new ServerIdClaim({ connection, serverId, clock: systemClock, ...times });
}

function randomServerId(): number {
  return randomInt(1_000_000, 2_000_000_000);
}

describe.each(["mysql", "mariadb"] as const)("a claim on a server id of %s", (server) => {
  const url = testServerUrl(server);
  const options = parseConnectionUrl(url.href);

  test("keeps the newcomer out, for longer than the lease, and lets it in afterwards", async () => {
    const id = randomServerId();
    await using newcomer = claimOf(options, id);
    {
      await using holder = claimOf(options, id);
      await holder.hold();
      await holder.hold();
      for (let i = 0; i < 3; i++) {
        await expect(newcomer.hold()).rejects.toMatchObject({ code: "SOURCE_SERVER_ID_TAKEN" });
      }
      await using other = claimOf(options, id + 1);
      await other.hold();
    }
    await newcomer.hold();
  });

  test("passes on at once when the holder's process dies", async () => {
    const id = randomServerId();
    await using proxy = await openProxy(url);
    await using holder = claimOf({ ...options, port: proxy.port }, id);
    await holder.hold();
    const lost = new Promise<void>((resolve) => (holder.onLost = resolve));
    proxy.cut();
    await using newcomer = claimOf(options, id);
    await newcomer.hold();
    await lost;
    await expect(holder.hold()).rejects.toMatchObject({ code: "SOURCE_SERVER_ID_TAKEN" });
  });

  test("passes on after the lease when the holder vanishes without a word", async () => {
    const id = randomServerId();
    await using proxy = await openProxy(url);
    await using holder = claimOf({ ...options, port: proxy.port }, id);
    await holder.hold();
    proxy.stall();
    await using newcomer = claimOf(options, id);
    await expect(newcomer.hold()).rejects.toMatchObject({ code: "SOURCE_SERVER_ID_TAKEN" });
    await until("the lease is over", () => newcomer.hold().then(() => true));
  });

  test("takes over from a broken connection of its own that the server has not missed", async () => {
    const id = randomServerId();
    await using proxy = await openProxy(url);
    const sockets: Socket[] = [];
    const connectSocket = (to: NetConnectOpts): Socket => {
      // The first connection goes through the proxy, which then keeps the end of it to itself.
      const port = sockets.length === 0 ? proxy.port : Number(url.port);
      const socket = connect({ ...to, port });
      sockets.push(socket);
      return socket;
    };
    await using claim = claimOf({ ...options, connectSocket }, id);
    await claim.hold();
    const lost = new Promise<void>((resolve) => (claim.onLost = resolve));
    proxy.stall();
    sockets[0]!.destroy();
    await lost;
    const began = performance.now();
    await claim.hold();
    expect(performance.now() - began).toBeLessThan(900);
    expect(sockets).toHaveLength(2);
  });

  test("is refused while a replica of another kind is registered with the id", async () => {
    const id = randomServerId();
    const foreign = await openConnection(options);
    const packet = registerReplica(id);
    packet.write("db-two-b", packet.indexOf("tailrace"));
    const socket = foreign.takeSocket();
    await new Promise((resolve) => socket.once("data", resolve).write(packet));
    await using connection = await openConnection(options);
    const replicas = await listReplicas(connection);
    expect(replicas.find(({ serverId }) => serverId === id)?.host).toBe("db-two-b");
    await using claim = claimOf(options, id);
    await expect(claim.hold()).rejects.toMatchObject({
      code: "SOURCE_SERVER_ID_TAKEN",
      message: expect.stringContaining("db-two-b") as string,
    });
    socket.destroy();
    await until("the other replica is gone", () => claim.hold().then(() => true));
  });
});
