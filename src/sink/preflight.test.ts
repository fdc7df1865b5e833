import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { checkTarget } from "./preflight.ts";

/** A server that greets with `text` whoever connects. */
async function openGreeter(text: string) {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(text);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() };
}

test("a port of another kind of server is told as such, its host once", async () => {
  await using greeter = await openGreeter("J\0\0\0\n8.4.0\0");
  const host = `http://${greeter.host}`;
  const [finding] = await checkTarget({ hosts: [host] }, []);
  expect(finding).toMatchObject({ severity: "error", check: `host ${host}` });
  expect(finding?.message).not.toContain(host);
  expect(finding?.remedy).toContain("Another kind of server");
});

test("https to a server that speaks http is told in one line", async () => {
  await using greeter = await openGreeter("HTTP/1.1 400 Bad Request\r\n\r\n");
  const [finding] = await checkTarget({ hosts: [`https://${greeter.host}`] }, []);
  expect(finding?.message).toMatch(/wrong version number$/i);
  expect(finding?.remedy).toContain("http://");
});
