import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { openConnection } from "../../src/mysql/connection.ts";
import { createCertificate, type TestCertificate } from "../support/certificate.ts";

interface FakeServer extends AsyncDisposable {
  readonly port: number;
}

const SSL_REQUEST_BYTES = 36;
const CLIENT_PROTOCOL_41 = 0x200;
const CLIENT_SSL = 0x800;
const CLIENT_SECURE_CONNECTION = 0x8000;

/** The greeting of a MySQL server that can encrypt: protocol 10, version, thread, scramble, capabilities. */
function greeting(): Buffer {
  const fixed = Buffer.alloc(15);
  fixed.writeUInt16LE(CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION, 0);
  fixed[2] = 45;
  return packet(0, [
    Buffer.from("\n9.7.4\0"),
    Buffer.from([1, 0, 0, 0]),
    Buffer.from("01234567\0"),
    fixed,
    Buffer.from("0123456789ab\0"),
  ]);
}

function packet(sequence: number, parts: readonly Buffer[]): Buffer {
  const payload = Buffer.concat(parts);
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, payload]);
}

/** A server that encrypts with this certificate and then refuses everybody: whoever hears that has trusted it. */
async function openFakeServer({ cert, key }: TestCertificate): Promise<FakeServer> {
  const secureContext = createSecureContext({ cert, key });
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => undefined));
    socket.write(greeting());
    socket.once("data", (bytes: Buffer) => {
      // What follows the request for encryption is encrypted already.
      socket.pause();
      socket.unshift(bytes.subarray(SSL_REQUEST_BYTES));
      const encrypted = new TLSSocket(socket, { isServer: true, secureContext });
      encrypted.on("error", () => undefined);
      encrypted.once("data", () => {
        const refusal = Buffer.from([0xff, 1045 & 0xff, 1045 >> 8]);
        encrypted.end(packet(3, [refusal, Buffer.from("#28000go away")]));
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe("the host is compared with the certificate's names", () => {
  test.each([
    ["127.0.0.1", "IP:127.0.0.1", "SOURCE_ACCESS_DENIED"],
    ["localhost", "DNS:localhost", "SOURCE_ACCESS_DENIED"],
    ["127.0.0.1", "DNS:localhost", "SOURCE_TLS_FAILED"],
    ["127.0.0.1", "IP:127.0.0.2", "SOURCE_TLS_FAILED"],
    ["localhost", "IP:127.0.0.1", "SOURCE_TLS_FAILED"],
  ])("host %s, certificate for %s: %s", async (host, name, code) => {
    const certificate = createCertificate([name]);
    await using server = await openFakeServer(certificate);
    const options = { host, port: server.port, user: "u", password: "p" };
    const tls = { ca: certificate.cert };
    await expect(openConnection({ ...options, tls })).rejects.toMatchObject({ code });
    const anyHost = openConnection({ ...options, tls: { ...tls, verifyHost: false } });
    await expect(anyHost).rejects.toMatchObject({ code: "SOURCE_ACCESS_DENIED" });
  });

  test("another authority is not trusted, unless told to accept anybody", async () => {
    await using server = await openFakeServer(createCertificate(["IP:127.0.0.1"]));
    const options = { port: server.port, user: "u" };
    const ca = createCertificate(["IP:127.0.0.1"]).cert;
    await expect(openConnection({ ...options, tls: { ca } })).rejects.toMatchObject({
      code: "SOURCE_TLS_FAILED",
    });
    await expect(openConnection({ ...options, tls: { insecure: true } })).rejects.toMatchObject({
      code: "SOURCE_ACCESS_DENIED",
    });
  });
});
