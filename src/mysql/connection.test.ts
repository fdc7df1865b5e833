import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { openConnection, parseConnectionUrl } from "./connection.ts";
import { parseVersion } from "./server.ts";

test("reads a URL with everything in it", () => {
  expect(parseConnectionUrl("mysql://us%40er:p%3Aw%2F@db.example:3307/")).toEqual({
    host: "db.example",
    port: 3307,
    user: "us@er",
    password: "p:w/",
  });
  expect(parseConnectionUrl("mysql://u@[::1]")).toMatchObject({ host: "::1", port: undefined });
});

test.each(["http://u:secret@h", "u:secret@h", ""])("refuses %j without repeating it", (url) => {
  let text = "";
  try {
    parseConnectionUrl(url);
  } catch (error) {
    text = String(error);
  }
  expect(text).toContain("looks like mysql://");
  expect(text).not.toContain("secret");
});

test.each([
  ["9.7.4-2", 90_704],
  ["8.0.42-33-log", 80_042],
  ["5.7.44", 50_744],
  ["10.11.18-MariaDB-0+deb12u1-log", 101_118],
  ["5.5.5-10.6.16-MariaDB", 100_616],
  ["what", 0],
])("parses version %s", (version, number) => {
  expect(parseVersion(version)).toBe(number);
});

test("a server that says nothing is told from one that is not there", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const options = { host: "127.0.0.1", port, user: "u", connectTimeoutMs: 100 };
  try {
    await expect(openConnection(options)).rejects.toMatchObject({
      code: "SOURCE_UNREACHABLE",
      message: expect.stringContaining("is it the right port?"),
    });
  } finally {
    silent.close();
  }
});
