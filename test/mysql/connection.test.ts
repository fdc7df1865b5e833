import { randomBytes } from "node:crypto";
import { TLSSocket, type DetailedPeerCertificate } from "node:tls";
import { describe, expect, test } from "vitest";
import {
  openConnection,
  parseConnectionUrl,
  type ConnectionOptions,
} from "../../src/mysql/connection.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { openProxy } from "../support/proxy.ts";
import { testServerUrl } from "../support/servers.ts";

function optionsOf(server: "mysql" | "mariadb"): ConnectionOptions {
  return parseConnectionUrl(testServerUrl(server).href);
}

/** The certificate that ends the chain a server shows, as PEM. */
async function rootCertificate(options: ConnectionOptions): Promise<string> {
  await using connection = await openConnection({ ...options, tls: { insecure: true } });
  const socket = connection.takeSocket();
  if (!(socket instanceof TLSSocket)) throw new Error("not encrypted");
  let certificate: DetailedPeerCertificate = socket.getPeerCertificate(true);
  while (certificate.issuerCertificate !== certificate) certificate = certificate.issuerCertificate;
  socket.destroy();
  const body = certificate.raw.toString("base64").replaceAll(/.{64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

interface Account extends AsyncDisposable {
  readonly options: ConnectionOptions;
}

/** An account of its own with the given clause of CREATE USER, dropped at the end. */
async function createAccount(server: "mysql" | "mariadb", clause: string): Promise<Account> {
  const user = `u_${randomBytes(6).toString("hex")}`;
  const admin = await openTestDatabase(server);
  await admin.query(`CREATE USER ${user} IDENTIFIED ${clause}`);
  return {
    options: { ...optionsOf(server), user, password: "sécret'" },
    [Symbol.asyncDispose]: async () => {
      await admin.query(`DROP USER ${user}`);
      await admin[Symbol.asyncDispose]();
    },
  };
}

describe.each(["mysql", "mariadb"] as const)("a connection to %s", (server) => {
  test("prints values in one way whatever the server's defaults are", async () => {
    await using connection = await openConnection(optionsOf(server));
    const [row] = await connection.query(
      "SELECT @@time_zone zone, @@character_set_results charset, @@autocommit autocommit, ? quoted, NULL missing",
      [`it's \\ "é😀`],
    );
    expect(row).toEqual({
      zone: "+00:00",
      charset: "utf8mb4",
      autocommit: "1",
      quoted: `it's \\ "é😀`,
      missing: null,
    });
    expect(await connection.queryRaw("SELECT 0x00ff41, NULL, 'é'")).toEqual([
      [Buffer.from([0, 0xff, 0x41]), null, Buffer.from("é")],
    ]);
    expect(connection.isMariadb).toBe(server === "mariadb");
  });

  test("a wrong password is SOURCE_ACCESS_DENIED, a shut port SOURCE_UNREACHABLE", async () => {
    await using account = await createAccount(server, "BY 'other'");
    await expect(openConnection(account.options)).rejects.toMatchObject({
      code: "SOURCE_ACCESS_DENIED",
    });
    await using proxy = await openProxy(testServerUrl(server));
    await proxy.refuse();
    await expect(openConnection({ ...optionsOf(server), port: proxy.port })).rejects.toMatchObject({
      code: "SOURCE_UNREACHABLE",
    });
  });

  test("gives up on a server that says nothing", async () => {
    await using proxy = await openProxy(testServerUrl(server));
    proxy.stall();
    const options = { ...optionsOf(server), port: proxy.port, connectTimeoutMs: 100 };
    await expect(openConnection(options)).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
  });

  test("fails what runs when the connection breaks, and all that follows", async () => {
    await using proxy = await openProxy(testServerUrl(server));
    const connection = await openConnection({ ...optionsOf(server), port: proxy.port });
    const running = connection.query("SELECT SLEEP(30)").catch((error: unknown) => error);
    proxy.cut();
    expect(await running).toMatchObject({ code: "SOURCE_UNREACHABLE" });
    await expect(connection.query("SELECT 1")).rejects.toMatchObject({
      code: "SOURCE_UNREACHABLE",
    });
  });

  test("a query without an answer is SOURCE_STALLED", async () => {
    await using proxy = await openProxy(testServerUrl(server));
    const options = { ...optionsOf(server), port: proxy.port, queryTimeoutMs: 200 };
    const connection = await openConnection(options);
    proxy.stall();
    await expect(connection.query("SELECT 1")).rejects.toMatchObject({ code: "SOURCE_STALLED" });
  });

  test("an abort ends what runs", async () => {
    const abort = new AbortController();
    const connection = await openConnection({ ...optionsOf(server), signal: abort.signal });
    const running = connection.query("SELECT SLEEP(30)");
    abort.abort();
    await expect(running).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
    await expect(
      openConnection({ ...optionsOf(server), signal: abort.signal }),
    ).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
  });
});

test("does not trust a certificate that nobody vouches for", async () => {
  await expect(openConnection({ ...optionsOf("mysql"), tls: {} })).rejects.toMatchObject({
    code: "SOURCE_TLS_FAILED",
  });
});

test("encrypts, and verifies against the authority given", async () => {
  const ca = await rootCertificate(optionsOf("mysql"));
  await using connection = await openConnection({
    ...optionsOf("mysql"),
    tls: { ca, verifyHost: false },
  });
  const [row] = await connection.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
  expect(row?.["Value"]).not.toBe("");
});

test("caching_sha2_password works with and without TLS, on first and on cached login", async () => {
  await using account = await createAccount("mysql", "WITH caching_sha2_password BY 'sécret\\''");
  for (const tls of [undefined, { insecure: true }, undefined]) {
    await using connection = await openConnection({ ...account.options, tls });
    expect(await connection.query("SELECT 1 one")).toEqual([{ one: "1" }]);
  }
});

test("mysql_native_password works", async () => {
  await using account = await createAccount("mariadb", "BY 'sécret\\''");
  await using connection = await openConnection(account.options);
  expect(await connection.query("SELECT 1 one")).toEqual([{ one: "1" }]);
});
