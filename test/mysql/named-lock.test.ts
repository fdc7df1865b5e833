import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { parseConnectionUrl } from "../../src/mysql/connection.ts";
import { NamedLock } from "../../src/mysql/named-lock.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { testServerUrl } from "../support/servers.ts";
import { until } from "../support/until.ts";

describe.each(["mysql", "mariadb"] as const)("a named lock of %s", (server) => {
  const connection = parseConnectionUrl(testServerUrl(server).href);
  const open = (name: string): NamedLock => new NamedLock({ connection, name, clock: systemClock });
  const randomName = (): string => `tailrace/test/${randomBytes(8).toString("hex")}`;

  test("is handed over at the moment when its holder gives it back", async () => {
    const name = randomName();
    await using first = open(name);
    expect(await first.take(0)).toEqual({ kind: "held" });
    expect(await first.take(0)).toEqual({ kind: "held" });
    await using second = open(name);
    expect(await second.take(0)).toMatchObject({ kind: "taken" });
    const waiting = second.take(20);
    await first.release();
    const released = performance.now();
    expect(await waiting).toEqual({ kind: "held" });
    expect(performance.now() - released).toBeLessThan(3_000);
  });

  test("is not believed to be held by a session that the server has ended", async () => {
    await using db = await openTestDatabase(server);
    const name = randomName();
    await using first = open(name);
    await first.take(0);
    await db.query(`kill ${first.session!.threadId}`);
    await using second = open(name);
    await until("another has it", async () => (await second.take(1)).kind === "held");
    expect(await first.take(0)).toMatchObject({ kind: "taken" });
  });

  test("can be given up waiting for", async () => {
    const name = randomName();
    await using first = open(name);
    await first.take(0);
    await using second = open(name);
    const abort = new AbortController();
    const waiting = second.take(60, abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
  });

  test("a wait that the server interrupts does not pass for a server without locks", async () => {
    await using db = await openTestDatabase(server);
    const name = randomName();
    await using first = open(name);
    await first.take(0);
    await using second = open(name);
    const waiting = second.take(60).catch((error: { code?: string }) => error.code);
    const thread = await until("it waits", async () => {
      const [row] = await db.query<{ id: string }>(
        "select id from information_schema.processlist where info like ? and id <> connection_id()",
        [`%GET_LOCK('${name}'%`],
      );
      return row?.id;
    });
    await db.query(`kill query ${thread}`);
    expect(await waiting).toBeOneOf([
      "SOURCE_QUERY_FAILED",
      { kind: "taken", holder: expect.any(String) as string },
    ]);
  });
});
