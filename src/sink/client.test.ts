import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import {
  createServer as createHttp,
  type IncomingHttpHeaders,
  type RequestListener,
} from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HttpClient, openJsonClient } from "./client.ts";
import type { ConnectionOptions } from "./options.ts";
import { checkTarget } from "./preflight.ts";

interface EchoServer extends AsyncDisposable {
  readonly port: number;
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[];
}

async function openEchoServer(tls?: { key: string; cert: string }): Promise<EchoServer> {
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push({ path: request.url ?? "", headers: request.headers });
    request.resume();
    response.end('{"version":{"number":"9.5.3"}}');
  };
  const server = tls === undefined ? createHttp(listener) : createHttps(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function authorizationOf(options: Omit<ConnectionOptions, "hosts">, user = "") {
  await using server = await openEchoServer();
  const hosts = [`http://${user}127.0.0.1:${server.port}/prefix/`];
  await using client = openJsonClient({ hosts, ...options });
  await client.request("GET", "/_cluster/health");
  expect(server.requests[0]!.path).toBe("/prefix/_cluster/health");
  return server.requests[0]!.headers.authorization;
}

test("credentials go with every request, from options or from the host", async () => {
  const basic = `Basic ${Buffer.from("élan:p@ss").toString("base64")}`;
  expect(await authorizationOf({})).toBeUndefined();
  const auth = { kind: "basic", username: "élan", password: "p@ss" } as const;
  expect(await authorizationOf({ auth })).toBe(basic);
  expect(await authorizationOf({}, "%C3%A9lan:p%40ss@")).toBe(basic);
  expect(await authorizationOf({ auth: { kind: "apiKey", key: "abc=" } })).toBe("ApiKey abc=");
  expect(await authorizationOf({ auth: { kind: "bearer", token: "t" } })).toBe("Bearer t");
});

test("a host that is no URL is a mistake in the configuration", () => {
  const open = () => new HttpClient({ hosts: ["localhost"] });
  expect(open).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

test("messages name the host without its credentials", async () => {
  await using client = openJsonClient({ hosts: ["http://user:secret@127.0.0.1:1/x"] });
  const failed = client.request("GET", "/");
  await expect(failed).rejects.toThrow(/^http:\/\/127\.0\.0\.1:1: ECONNREFUSED/);
  await expect(failed).rejects.toMatchObject({ code: "BULK_UNREACHABLE" });
});

/** A certificate for 127.0.0.1 that is its own authority. */
function createCertificate(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", key, "-out", cert, "-days", "2", "-nodes"];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  execFileSync("openssl", ["req", "-x509", ...newKey, ...subject, ...files], { stdio: "ignore" });
  try {
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a certificate is verified, unless its authority is named or verification is off", async () => {
  const certificate = createCertificate();
  await using server = await openEchoServer(certificate);
  const hosts = [`https://127.0.0.1:${server.port}`];
  await using strict = openJsonClient({ hosts });
  await expect(strict.request("GET", "/")).rejects.toThrow(/DEPTH_ZERO_SELF_SIGNED_CERT/);
  await using trusting = openJsonClient({ hosts, tls: { ca: certificate.cert } });
  expect((await trusting.request("GET", "/")).status).toBe(200);
  await using blind = openJsonClient({ hosts, tls: { insecure: true } });
  expect((await blind.request("GET", "/")).status).toBe(200);
  expect(await checkTarget({ hosts }, [])).toMatchObject([
    { severity: "error", remedy: expect.stringContaining("sink.tls.ca") },
  ]);
  const plain = await checkTarget({ hosts: [`http://127.0.0.1:${server.port}`] }, []);
  expect(plain).toMatchObject([{ severity: "error", remedy: expect.stringContaining("https://") }]);
  await using http = await openEchoServer();
  const secured = await checkTarget({ hosts: [`https://127.0.0.1:${http.port}`] }, []);
  expect(secured).toMatchObject([
    { severity: "error", remedy: expect.stringContaining("http://") },
  ]);
});
