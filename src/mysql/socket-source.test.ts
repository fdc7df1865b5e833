import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import type { Clock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import { connectWithReceiveBuffers } from "./receive-buffers.ts";
import { SocketByteSource } from "./socket-source.ts";

/** Time that passes only when told to. */
class ManualClock implements Clock {
  #now = 1_000;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { until: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  async advance(ms: number): Promise<void> {
    this.#now += ms;
    for (const sleeper of this.#sleepers) {
      if (sleeper.until > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    await new Promise(setImmediate);
  }
}

interface Pair extends AsyncDisposable {
  readonly source: SocketByteSource;
  readonly client: Socket;
  readonly sender: Socket;
  readonly clock: ManualClock;
}

async function openPair(reusesBuffers: boolean): Promise<Pair> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const options = { host: "127.0.0.1", port };
  const client = reusesBuffers ? connectWithReceiveBuffers(options) : connect(options);
  const [sender] = (await once(server, "connection")) as [Socket];
  const clock = new ManualClock();
  const limits = { firstTimeoutMs: 10_000, timeoutMs: 300 };
  const source = new SocketByteSource(client, { name: "test source", clock, ...limits });
  return {
    source,
    client,
    sender,
    clock,
    [Symbol.asyncDispose]: async () => {
      await source[Symbol.asyncDispose]();
      sender.destroy();
      server.close();
    },
  };
}

async function readAll(source: SocketByteSource, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  while (length < bytes) {
    const chunk = source.read();
    if (chunk === null) {
      if (!(await source.wait())) break;
      continue;
    }
    parts.push(Buffer.from(chunk));
    length += chunk.length;
  }
  return Buffer.concat(parts);
}

function numberedBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i + 4 <= length; i += 4) bytes.writeUInt32LE(i, i);
  return bytes;
}

describe.each([
  ["with fresh buffers", false],
  ["with buffers used again", true],
])("SocketByteSource %s", (_, reusesBuffers) => {
  test("hands over every byte in order", async () => {
    await using pair = await openPair(reusesBuffers);
    const sent = numberedBytes(4 * 1024 * 1024);
    pair.sender.write(sent);
    const received = await readAll(pair.source, sent.length);
    expect(received.equals(sent)).toBe(true);
  });

  test("keeps a chunk untouched while the consumer works on it", async () => {
    await using pair = await openPair(reusesBuffers);
    const sent = numberedBytes(4 * 1024 * 1024);
    pair.sender.write(sent);
    let offset = 0;
    while (offset < sent.length) {
      const chunk = pair.source.read();
      if (chunk === null) {
        await pair.source.wait();
        continue;
      }
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      expect(chunk.equals(sent.subarray(offset, offset + chunk.length))).toBe(true);
      offset += chunk.length;
    }
  });

  test("holds the sender while nobody pulls", async () => {
    await using pair = await openPair(reusesBuffers);
    const sent = numberedBytes(16 * 1024 * 1024);
    pair.sender.write(sent);
    await pair.source.wait();
    const held = await steady(() => pair.client.bytesRead);
    expect(held).toBeLessThan(1024 * 1024);
    const received = await readAll(pair.source, sent.length);
    expect(received.equals(sent)).toBe(true);
  });

  test("resolves false when the other side has closed, after the last chunk", async () => {
    await using pair = await openPair(reusesBuffers);
    pair.sender.end("bye");
    expect((await readAll(pair.source, 100)).toString()).toBe("bye");
    expect(await pair.source.wait()).toBe(false);
    expect(pair.source.read()).toBeNull();
  });

  test("rejects SOURCE_UNREACHABLE when the connection is reset", async () => {
    await using pair = await openPair(reusesBuffers);
    const wait = pair.source.wait();
    pair.sender.resetAndDestroy();
    await expect(wait).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
  });

  test("disposing wakes who waits", async () => {
    await using pair = await openPair(reusesBuffers);
    const wait = pair.source.wait();
    await pair.source[Symbol.asyncDispose]();
    expect(await wait).toBe(false);
  });

  test("tolerates a long silence before the first chunk and a short one after it", async () => {
    await using pair = await openPair(reusesBuffers);
    const first = pair.source.wait();
    await pair.clock.advance(9_000);
    pair.sender.write("a");
    expect(await first).toBe(true);
    pair.source.read();
    const second = pair.source.wait();
    await pair.clock.advance(299);
    pair.sender.write("b");
    expect(await second).toBe(true);
    pair.source.read();
    const third = pair.source.wait();
    const outcome = third.catch((error: unknown) => error);
    await pair.clock.advance(300);
    await pair.clock.advance(300);
    expect(await outcome).toMatchObject({ code: "SOURCE_STALLED" });
  });

  test("does not count the time in which nobody waits as silence", async () => {
    await using pair = await openPair(reusesBuffers);
    pair.sender.write("a");
    await pair.source.wait();
    pair.source.read();
    for (let i = 0; i < 100; i++) await pair.clock.advance(300);
    const wait = pair.source.wait();
    pair.sender.write("b");
    expect(await wait).toBe(true);
  });

  test("an error from outside comes behind the chunks that are here", async () => {
    await using pair = await openPair(reusesBuffers);
    pair.sender.write("a");
    await pair.source.wait();
    pair.source.fail(new TailraceError("SOURCE_UNREACHABLE", "lock lost"));
    expect(await pair.source.wait()).toBe(true);
    expect(pair.source.read()?.toString()).toBe("a");
    await expect(pair.source.wait()).rejects.toThrow("lock lost");
  });
});

/** The value once it has stopped changing. */
async function steady(value: () => number): Promise<number> {
  for (let same = 0, last = -1; ;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (value() === last) same += 1;
    else same = 0;
    last = value();
    if (same === 10) return last;
  }
}
