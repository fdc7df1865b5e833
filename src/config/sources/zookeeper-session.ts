import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import {
  decodeConnected,
  decodeReply,
  encodeBuffer,
  encodeConnect,
  encodeDigestAuth,
  encodeRequest,
  OPERATION,
  XID,
  ZK_ERROR,
  type SessionIdentity,
} from "./zookeeper-protocol.ts";

/** How a session is connected. */
export interface SessionOptions {
  readonly host: string;
  readonly port: number;
  /** Encrypted when present; `ca` as PEM text instead of the system's. */
  readonly tls?: { readonly ca?: string | undefined } | undefined;
  readonly account: { readonly user: string; readonly password: string } | null;
  /** The session to go on with; null = a new one. */
  readonly session: SessionIdentity | null;
  /** The greatest transaction seen: a server that is behind it refuses us. */
  readonly lastZxid: bigint;
  readonly signal: AbortSignal;
}

/** A refusal by its number. */
export class ZookeeperError extends Error {
  readonly number: number;

  constructor(number: number) {
    super(`ZooKeeper's error ${number}`);
    this.number = number;
  }
}

/** The server has forgotten the session: a new one must be begun. */
export class SessionExpiredError extends Error {}

/** Larger answers are no configurations: ZooKeeper's own limit is 1 MiB. */
const MAX_MESSAGE = 16 * 2 ** 20;

const SESSION_MS = 30_000;
const CONNECT_MS = 10_000;
const NOBODY: SessionIdentity = { id: 0n, password: Buffer.alloc(16) };

interface Waiting {
  readonly xid: number;
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One connection of a session with a ZooKeeper server: requests are answered in their order, watches come in between, a ping every third of the session's time
 * keeps it alive, and silence for two thirds means that it is lost. Once lost it stays so: the session goes on over another connection.
 */
export class ZookeeperConnection {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #onEvent: (() => void) | null = null;
  #pending: Buffer = Buffer.alloc(0);
  #lost: Error | null = null;
  #identity: SessionIdentity = NOBODY;
  #lastZxid: bigint;
  #xid = 0;
  #heardAt = Date.now();
  #pings: NodeJS.Timeout | null = null;

  private constructor(socket: Socket, lastZxid: bigint) {
    this.#socket = socket;
    this.#lastZxid = lastZxid;
  }

  /** Connects. Throws the socket's error, ZookeeperError, SessionExpiredError. */
  static async open(options: SessionOptions): Promise<ZookeeperConnection> {
    const { host, port, tls, account, session, lastZxid } = options;
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(CONNECT_MS)]);
    const socket =
      tls === undefined
        ? connectTcp({ host, port })
        : connectTls({ host, port, ...(tls.ca && { ca: tls.ca }) });
    const connection = new ZookeeperConnection(socket, lastZxid);
    try {
      await once(socket, tls === undefined ? "connect" : "secureConnect", { signal });
      const first = connection.#expectFirst();
      const abort = (): void => connection.#lose(new Error("no answer in time"));
      signal.addEventListener("abort", abort, { once: true });
      try {
        socket.on("data", (chunk) => connection.#take(chunk));
        socket.on("error", (error) => connection.#lose(error));
        socket.on("close", () => connection.#lose(new Error("the connection was closed")));
        const request = { lastZxid, timeoutMs: SESSION_MS, session: session ?? NOBODY };
        socket.write(encodeBuffer(encodeConnect(request)));
        connection.#begin(decodeConnected(await first));
        if (account !== null) {
          const { user, password } = account;
          await connection.#send(XID.auth, OPERATION.auth, encodeDigestAuth(user, password));
        }
      } finally {
        signal.removeEventListener("abort", abort);
      }
      return connection;
    } catch (error) {
      connection.#lose(error as Error);
      throw error;
    }
  }

  /** What the session goes on with over another connection. */
  get identity(): SessionIdentity {
    return this.#identity;
  }

  /** The greatest transaction seen. */
  get lastZxid(): bigint {
    return this.#lastZxid;
  }

  get isLost(): boolean {
    return this.#lost !== null;
  }

  /** Sends a request and gives the reply behind its header. Throws ZookeeperError, or why the connection was lost. */
  request(operation: number, body: Buffer): Promise<Buffer> {
    this.#xid = (this.#xid % 0x7fff_ffff) + 1;
    return this.#send(this.#xid, operation, body);
  }

  /** Calls the listener once, for the next watch that fires or when the connection is lost; at once when it is. */
  onChange(listener: () => void): void {
    if (this.#lost === null) this.#onEvent = listener;
    else listener();
  }

  /** Ends session and connection. */
  async close(): Promise<void> {
    if (this.#lost !== null) return;
    const closing = this.request(OPERATION.close, Buffer.alloc(0)).catch(() => undefined);
    const limit = setTimeout(() => this.#lose(new Error("closed")), 1_000);
    await closing;
    clearTimeout(limit);
    this.#lose(new Error("closed"));
  }

  #send(xid: number, operation: number, body: Buffer): Promise<Buffer> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    this.#waiting.push({ xid, resolve, reject });
    this.#socket.write(encodeBuffer(encodeRequest(xid, operation, body)));
    return promise;
  }

  /** The answer to the connect request has no header. */
  #expectFirst(): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    this.#waiting.push({ xid: 0, resolve, reject });
    return promise;
  }

  #begin({ id, password, timeoutMs }: SessionIdentity & { readonly timeoutMs: number }): void {
    if (timeoutMs <= 0) throw new SessionExpiredError("the session has expired");
    this.#identity = { id, password: Buffer.from(password) };
    this.#pings = setInterval(() => {
      if (Date.now() - this.#heardAt > (timeoutMs * 2) / 3) {
        this.#lose(new Error("the server is silent"));
      } else {
        this.#socket.write(encodeBuffer(encodeRequest(XID.ping, OPERATION.ping, Buffer.alloc(0))));
      }
    }, timeoutMs / 3);
    this.#pings.unref();
  }

  #take(chunk: Buffer): void {
    this.#heardAt = Date.now();
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 4) {
      const length = this.#pending.readInt32BE(0);
      if (length < 0 || length > MAX_MESSAGE) {
        this.#lose(new Error("what answers is no ZooKeeper"));
        return;
      }
      if (this.#pending.length < 4 + length) return;
      const message = this.#pending.subarray(4, 4 + length);
      this.#pending = this.#pending.subarray(4 + length);
      try {
        this.#handle(message);
      } catch (error) {
        this.#lose(error as Error);
        return;
      }
    }
  }

  #handle(message: Buffer): void {
    if (this.#waiting[0]?.xid === 0) {
      this.#waiting.shift()?.resolve(message);
      return;
    }
    const { xid, zxid, error, body } = decodeReply(message);
    if (zxid > this.#lastZxid) this.#lastZxid = zxid;
    if (xid === XID.ping) return;
    if (xid === XID.event) {
      this.#notify();
      return;
    }
    const waiting = this.#waiting.shift();
    if (waiting?.xid !== xid) throw new Error("replies of ZooKeeper are out of order");
    if (error === 0) waiting.resolve(body);
    else waiting.reject(new ZookeeperError(error));
    if (error === ZK_ERROR.authFailed) this.#lose(new ZookeeperError(error));
  }

  #notify(): void {
    const listener = this.#onEvent;
    this.#onEvent = null;
    listener?.();
  }

  #lose(error: Error): void {
    if (this.#lost !== null) return;
    this.#lost = error;
    if (this.#pings !== null) clearInterval(this.#pings);
    this.#socket.on("error", () => undefined);
    this.#socket.destroy();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    this.#notify();
  }
}
