import { Client, type Dispatcher } from "undici";
import { TailraceError } from "../core/errors.ts";
import { freeBuffers } from "../core/free-buffers.ts";
import { reasonOf, type JsonAnswer, type JsonClient } from "../core/json-client.ts";
import type { ConnectionOptions } from "./options.ts";

/** A request to whichever host is in use. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** Path and query. */
  readonly path: string;
  /** Sent without copying: do not change it before the answer is there. */
  readonly body?: Buffer | string | undefined;
  readonly contentType?: string | undefined;
}

/**
 * A complete answer, whatever its status, or why there is none: `unreached` = no connection, so nothing was sent; `lost` = the
 * connection broke or the time ran out, so the server may or may not have acted; `aborted` = we closed.
 */
export type HttpResult =
  | { readonly kind: "answer"; readonly status: number; readonly body: Buffer }
  | { readonly kind: "unreached" | "lost" | "aborted"; readonly error: TailraceError };

const DEFAULT_TIMEOUT_MS = 90_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Longer than any answer of ours (10,000 errors with their reasons), short enough to survive a confused proxy. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

interface Host {
  /** Without user, password and path: fit for messages. */
  readonly origin: string;
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Knows the hosts and opens channels to them. Closing it aborts what is under way. */
export class HttpClient implements AsyncDisposable {
  readonly #options: ConnectionOptions;
  readonly #hosts: readonly Host[];
  readonly #channels: HttpChannel[] = [];

  /** Throws CONFIG_INVALID when a host is not a URL. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#hosts = options.hosts.map((url) => parseHost(url, options));
  }

  /** A connection of its own; `first` spreads channels over the hosts. */
  channel(first = 0): HttpChannel {
    const channel = new HttpChannel(this.#hosts, first, this.#options);
    this.#channels.push(channel);
    return channel;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#channels.map((channel) => channel.close()));
  }
}

/**
 * One connection to one of the hosts, kept open between requests; requests on it go one after another. After a failure the caller
 * turns to the next host with `rotate`.
 */
export class HttpChannel {
  readonly #hosts: readonly Host[];
  readonly #options: ConnectionOptions;
  readonly #clients = new Map<string, Client>();
  readonly #closing = new AbortController();
  #at: number;

  constructor(hosts: readonly Host[], first: number, options: ConnectionOptions) {
    this.#hosts = hosts;
    this.#options = options;
    this.#at = first % hosts.length;
  }

  /** The host in use, without secrets. */
  get host(): string {
    return this.#hosts[this.#at]!.origin;
  }

  /** Uses the next host from now on. */
  rotate(): void {
    this.#at = (this.#at + 1) % this.#hosts.length;
  }

  /** Sends a request; never rejects. */
  send(request: HttpRequest): Promise<HttpResult> {
    const host = this.#hosts[this.#at]!;
    const timeoutMs = this.#options.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS;
    return new Promise((resolve) => {
      const handler = new AnswerHandler(host.origin, timeoutMs, this.#closing.signal, resolve);
      const headers = { ...host.headers };
      if (request.body !== undefined) {
        headers["content-type"] = request.contentType ?? "application/json";
      }
      try {
        this.#client(host).dispatch(
          {
            method: request.method,
            path: host.prefix + request.path,
            headers,
            body: request.body ?? null,
          },
          handler,
        );
      } catch (error) {
        handler.fail(error);
      }
    });
  }

  /** Aborts the request under way and closes the connections. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#clients.values()].map((client) => client.destroy()));
  }

  #client(host: Host): Client {
    const known = this.#clients.get(host.origin);
    if (known !== undefined) return known;
    const { tls, requestTimeoutMs } = this.#options;
    const client = new Client(host.origin, {
      connect: {
        timeout: Math.min(CONNECT_TIMEOUT_MS, requestTimeoutMs ?? DEFAULT_TIMEOUT_MS),
        rejectUnauthorized: tls?.insecure !== true,
        ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      },
      allowH2: false,
      pipelining: 1,
      // Requests have one deadline, ours.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 50_000,
      maxResponseSize: MAX_ANSWER_BYTES,
    });
    this.#clients.set(host.origin, client);
    return client;
  }
}

/** Collects one answer. Calls `resolve` exactly once. */
class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #origin: string;
  readonly #resolve: (result: HttpResult) => void;
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  readonly #onAbort = (): void => this.#stop("aborted", "closed");
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #isDone = false;

  constructor(
    origin: string,
    timeoutMs: number,
    signal: AbortSignal,
    resolve: (result: HttpResult) => void,
  ) {
    this.#origin = origin;
    this.#resolve = resolve;
    this.#signal = signal;
    this.#timer = setTimeout(() => this.#stop("lost", `no answer in ${timeoutMs} ms`), timeoutMs);
    signal.addEventListener("abort", this.#onAbort);
    if (signal.aborted) queueMicrotask(this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isDone) controller.abort(new Error("abandoned"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first, ...more] = this.#chunks;
    const body =
      first === undefined
        ? Buffer.alloc(0)
        : more.length === 0
          ? first
          : Buffer.concat(this.#chunks);
    // their parser is still at work on the last one
    if (more.length > 0) queueMicrotask(() => freeBuffers(this.#chunks));
    this.#settle({ kind: "answer", status: this.#status, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  /** The request failed below HTTP. */
  fail(error: unknown): void {
    const kind = this.#controller === null ? "unreached" : "lost";
    this.#settle({ kind, error: unreachable(this.#origin, error) });
  }

  #stop(kind: "lost" | "aborted", why: string): void {
    this.#settle({ kind, error: unreachable(this.#origin, new Error(why)) });
    this.#controller?.abort(new Error(why));
  }

  #settle(result: HttpResult): void {
    if (this.#isDone) return;
    this.#isDone = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#resolve(result);
  }
}

/** Opens a client of its own for requests outside the bulk stream. Throws CONFIG_INVALID for hosts that are not URLs. */
export function openJsonClient(options: ConnectionOptions): JsonClient {
  const client = new HttpClient(options);
  const channel = client.channel();
  return {
    request: (method, path, body) => requestJson(channel, method, path, body),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** Answers that mean "not now". */
const BUSY = new Set([408, 429, 502, 503, 504]);

/**
 * Sends a request and parses the JSON answer. Throws BULK_UNREACHABLE when there is none or it is not JSON, BULK_ACCESS_DENIED on 401
 * and 403, BULK_OVERLOADED on 408, 429, 502, 503, 504 and a block; any other status is the caller's to judge.
 */
export async function requestJson(
  channel: HttpChannel,
  method: HttpRequest["method"],
  path: string,
  body?: unknown,
): Promise<JsonAnswer> {
  const text =
    body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  const host = channel.host;
  const result = await channel.send({ method, path, body: text });
  const what = `${method} ${host}${path.split("?")[0]}`;
  if (result.kind !== "answer") {
    channel.rotate();
    throw result.error;
  }
  const parsed = parseJson(result.body);
  const { status } = result;
  const isBlocked = errorType(parsed) === "cluster_block_exception";
  if ((status === 401 || status === 403) && !isBlocked) {
    throw new TailraceError("BULK_ACCESS_DENIED", `${what}: HTTP ${status}${reasonOf(parsed)}`);
  }
  if (BUSY.has(status) || isBlocked) {
    channel.rotate();
    throw new TailraceError("BULK_OVERLOADED", `${what}: HTTP ${status}${reasonOf(parsed)}`);
  }
  if (parsed === undefined && method !== "HEAD") {
    throw new TailraceError(
      "BULK_UNREACHABLE",
      `${what}: HTTP ${status} with a body that is not JSON`,
    );
  }
  return { status, body: parsed };
}

function errorType(body: unknown): unknown {
  const error = (body as { error?: unknown } | null | undefined)?.error;
  return (error as { type?: unknown } | null | undefined)?.type;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function unreachable(origin: string, cause: unknown): TailraceError {
  const error = cause as { message?: string; code?: string };
  const why = [error.code, error.message].filter(Boolean).join(": ");
  return new TailraceError("BULK_UNREACHABLE", `${origin}: ${why}`, { cause });
}

function parseHost(text: string, options: ConnectionOptions): Host {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TailraceError(
      "CONFIG_INVALID",
      "sink.hosts: an entry is not a URL like https://host:9200",
    );
  }
  const authorization = authorizationHeader(options) ?? basicOf(url);
  return {
    origin: url.origin,
    prefix: url.pathname.replace(/\/+$/, ""),
    headers: {
      accept: "application/json",
      ...(authorization === undefined ? {} : { authorization }),
    },
  };
}

function authorizationHeader({ auth }: ConnectionOptions): string | undefined {
  if (auth === undefined) return undefined;
  if (auth.kind === "apiKey") return `ApiKey ${auth.key}`;
  if (auth.kind === "bearer") return `Bearer ${auth.token}`;
  return basic(auth.username, auth.password);
}

function basicOf(url: URL): string | undefined {
  if (url.username === "") return undefined;
  return basic(decodeURIComponent(url.username), decodeURIComponent(url.password));
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
