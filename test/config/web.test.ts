import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createCertificate } from "../support/certificate.ts";
import { openConfigSource } from "../../src/config/sources/open.ts";
import { until } from "../support/until.ts";
import { failureOf, follow } from "./follow.ts";
import { serveHttp, type SeenRequest } from "./http-server.ts";

test("a text is asked for again with its ETag, and not sent when it is the same", async () => {
  const seen: SeenRequest[] = [];
  let [text, etag, status] = ["a = 1", '"1"', 200];
  await using server = await serveHttp((request) => {
    seen.push(request);
    if (status !== 200) return { status };
    if (request.headers["if-none-match"] === etag) return { status: 304 };
    return { status: 200, body: text, headers: { etag } };
  });
  await using followed = await follow(`http://t0ken@${server.host}/shop?sig=abc`, {
    pollIntervalMs: 20,
  });
  await until("some polls", () => seen.length > 4);
  expect(seen[0]?.headers).toMatchObject({ authorization: "Bearer t0ken" });
  expect(seen[0]?.target).toBe("/shop?sig=abc");
  expect(seen.at(-1)?.headers["if-none-match"]).toBe('"1"');
  expect(followed.texts).toEqual(["a = 1"]);
  [text, etag] = ["a = 2", '"2"'];
  await followed.reaches("a = 2");

  status = 503;
  await until("an outage", () => followed.logs.length === 1);
  [text, etag, status] = ["a = 3", '"3"', 200];
  await followed.reaches("a = 3");
  expect(followed.logs).toHaveLength(2);
  for (const detail of followed.details) expect(detail).not.toMatch(/t0ken|abc/);
});

test("an outage that lasts is told once more, louder", async () => {
  let status = 200;
  await using server = await serveHttp(() => ({ status, body: "a = 1" }));
  const waits: number[] = [];
  const clock = {
    now: () => Date.now(),
    random: () => 0,
    sleep: async (ms: number, signal?: AbortSignal) => {
      waits.push(ms);
      await new Promise((resolve) => setTimeout(resolve, signal?.aborted ? 0 : 1));
    },
  };
  await using followed = await follow(`http://${server.host}/shop`, { clock });
  status = 500;
  await until("many tries", () => waits.filter((ms) => ms === 5_000).length > 5);
  expect(followed.logs).toEqual([
    "warn the configuration cannot be read; going on with the last one",
    "error the configuration cannot be read; going on with the last one",
  ]);
});

test("refusals name what was asked for and no secret", async () => {
  await using server = await serveHttp(({ url }) =>
    url.pathname === "/moved"
      ? { status: 302, headers: { location: "http://127.0.0.1:1/elsewhere" } }
      : { status: url.pathname === "/missing" ? 404 : 401 },
  );
  const secrets = ["hunter2", "t0ken"];
  const env = { TAILRACE_CONFIG_TOKEN: "t0ken" };
  const at = `http://${server.host}`;
  expect(await failureOf(`http://u:hunter2@${server.host}/shop?token=t0ken`, { secrets })).toBe(
    `CONFIG_UNREADABLE: ${at}/shop refuses our credentials (401)`,
  );
  expect(await failureOf(`${at}/missing`, { secrets, env })).toBe(
    `CONFIG_UNREADABLE: ${at}/missing has no such file`,
  );
  expect(await failureOf(`${at}/moved`, { secrets, env })).toBe(
    `CONFIG_UNREADABLE: ${at}/moved answers 302`,
  );
  expect(await failureOf("http://u:hunter2@127.0.0.1:1/shop?sig=t0ken", { secrets })).toBe(
    "CONFIG_CENTRE_UNAVAILABLE: http://127.0.0.1:1/shop: no connection (ECONNREFUSED)",
  );
  expect(await failureOf("http://u:hunter2@config.example/shop", { secrets })).toMatch(
    /^CONFIG_UNREADABLE: http:\/\/config.example\/shop: a configuration holds secrets/,
  );
});

test("an encrypted centre is verified against the certificates that are named", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "tailrace-tls-"));
  const { cert, key } = createCertificate(["IP:127.0.0.1"]);
  const ca = join(folder.path, "ca.pem");
  await writeFile(ca, cert);
  const value = Buffer.from("a = 1").toString("base64");
  const server = createServer({ cert, key }, (_, response) => {
    response.setHeader("x-consul-index", "7");
    response.end(JSON.stringify([{ Value: value }]));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const at = `consul://127.0.0.1:${(server.address() as AddressInfo).port}/shop`;
    await using source = await openConfigSource(`${at}?tls=${ca}`, { env: {} });
    expect((await source.read()).texts[0].text).toBe("a = 1");
    expect(await failureOf(`${at}?tls=true`)).toMatch(
      /^CONFIG_CENTRE_UNAVAILABLE: .*: no connection \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    );
    expect(await failureOf(at)).toMatch(/^CONFIG_CENTRE_UNAVAILABLE: /);
    expect(await failureOf(`${at}?tls=/nowhere.pem`)).toMatch(/certificates .* cannot be read/);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
