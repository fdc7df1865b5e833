import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { expect, test } from "vitest";
import { openProxy } from "./proxy.ts";
import { until } from "./until.ts";

interface Echo extends AsyncDisposable {
  readonly url: string;
}

/** A server that answers every byte with itself. */
async function openEcho(): Promise<Echo> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => sockets.delete(socket));
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `tcp://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

async function openClient(port: number): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    text += String(chunk);
  });
  await once(socket, "connect");
  return { socket, received: () => text };
}

test("passes bytes and the end of a stream both ways", async () => {
  await using echo = await openEcho();
  await using proxy = await openProxy(echo.url);
  const { socket, received } = await openClient(proxy.port);
  socket.end("abc".repeat(200_000));
  await once(socket, "end");
  expect(received()).toHaveLength(600_000);
  await until("the proxy forgets the connection", () => proxy.connections === 0);
});

test("cut resets open connections and accepts new ones", async () => {
  await using echo = await openEcho();
  await using proxy = await openProxy(echo.url);
  const { socket, received } = await openClient(proxy.port);
  socket.write("a");
  await until("an echo", () => received() === "a");
  const failed = once(socket, "error");
  proxy.cut();
  expect(await failed.then(() => "closed", String)).toMatch(/closed|ECONNRESET/);
  const second = await openClient(proxy.port);
  second.socket.write("b");
  await until("an echo after the cut", () => second.received() === "b");
  second.socket.destroy();
});

test("a stall passes nothing until it is resumed", async () => {
  await using echo = await openEcho();
  await using proxy = await openProxy(echo.url);
  const { socket, received } = await openClient(proxy.port);
  proxy.stall();
  socket.write("a");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(received()).toBe("");
  proxy.resume();
  await until("what waited", () => received() === "a");
  socket.destroy();
});

test("refuse closes the port, accept opens the same one", async () => {
  await using echo = await openEcho();
  await using proxy = await openProxy(echo.url);
  await proxy.refuse();
  await expect(openClient(proxy.port)).rejects.toThrow("ECONNREFUSED");
  await proxy.accept();
  const { socket, received } = await openClient(proxy.port);
  socket.write("a");
  await until("an echo", () => received() === "a");
  socket.destroy();
});

test("a cut during a stall leaves nothing behind", async () => {
  await using echo = await openEcho();
  await using proxy = await openProxy(echo.url);
  const { socket } = await openClient(proxy.port);
  const failed = once(socket, "error");
  proxy.stall();
  socket.write("a");
  await until("the connection", () => proxy.connections === 1);
  proxy.cut();
  await failed;
  proxy.resume();
  expect(proxy.connections).toBe(0);
});
