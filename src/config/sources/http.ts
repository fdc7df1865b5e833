import { readFileSync } from "node:fs";
import { Agent, request } from "undici";
import { TailraceError } from "../../core/errors.ts";
import { splitHost, type CentreLocation } from "./location.ts";

/** A request to a centre. */
export interface CentreRequest {
  readonly method?: "GET" | "POST" | "PUT";
  /** With the query, encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Until the answer is complete, ms. Default 10 s. */
  readonly timeoutMs?: number;
}

/** A complete answer. */
export interface CentreAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Larger texts are no configurations. */
const MAX_BYTES = 16 * 2 ** 20;

const TIMEOUT_MS = 10_000;

/**
 * HTTP to a centre. Failures become CONFIG_CENTRE_UNAVAILABLE: the address and the reason, never the URL or headers, for they hold secrets. With several hosts
 * the next one is asked after a failure.
 */
export class CentreHttp implements AsyncDisposable {
  readonly #name: string;
  readonly #origins: readonly string[];
  readonly #agent: Agent;
  #current = 0;

  constructor(
    location: CentreLocation,
    options: { readonly tls: string | undefined; readonly defaultPort: number },
  ) {
    const { name, hosts } = location;
    const isTls = options.tls !== undefined && options.tls !== "false";
    const ca = isTls && options.tls !== "true" ? readAuthority(options.tls, name) : undefined;
    this.#name = name;
    this.#origins = hosts.map((each) => {
      const { host, port } = splitHost(each, options.defaultPort);
      return `http${isTls ? "s" : ""}://${host}:${port}`;
    });
    this.#agent = new Agent({
      connect: { timeout: TIMEOUT_MS, ...(ca === undefined ? {} : { ca }) },
      maxResponseSize: MAX_BYTES,
      // requests bring their own limit
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Sends a request and reads the answer. Throws CONFIG_CENTRE_UNAVAILABLE when there is none, or one of a server in trouble (408, 429, 5xx). */
  async send(options: CentreRequest): Promise<CentreAnswer> {
    const { status, headers, body } = await this.open(options);
    const text = await body().catch((error: unknown) => {
      throw this.#unavailable(error);
    });
    if (status === 408 || status === 429 || status >= 500) {
      this.#current += 1;
      throw new TailraceError("CONFIG_CENTRE_UNAVAILABLE", `${this.#name} answers ${status}`);
    }
    return { status, headers, text };
  }

  /** As `send`, without reading the answer yet: `body` gives its text, `chunks` what comes. */
  async open(options: CentreRequest): Promise<{
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: () => Promise<string>;
    readonly chunks: AsyncIterable<Buffer>;
  }> {
    const { method = "GET", path, headers = {}, body, timeoutMs = TIMEOUT_MS } = options;
    const origin = this.#origins[this.#current % this.#origins.length] ?? "";
    try {
      const answer = await request(`${origin}${path}`, {
        dispatcher: this.#agent,
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]),
      });
      const flat = Object.entries(answer.headers).map(([key, value]) => [key, String(value)]);
      return {
        status: answer.statusCode,
        headers: Object.fromEntries(flat) as Record<string, string>,
        body: () => answer.body.text(),
        chunks: answer.body as AsyncIterable<Buffer>,
      };
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  /** The failure as one of ours. */
  unavailable(why: string): TailraceError {
    return new TailraceError("CONFIG_CENTRE_UNAVAILABLE", `${this.#name}: ${why}`);
  }

  #unavailable(error: unknown): TailraceError {
    this.#current += 1;
    return this.unavailable(describe(error));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#agent.destroy();
  }
}

/** Throws what an answer other than 200 means: the credentials are refused, there is nothing, or something else stands there. */
export function refuse(name: string, status: number, missing: string): TailraceError {
  if (status === 401 || status === 403) {
    return new TailraceError("CONFIG_UNREADABLE", `${name} refuses our credentials (${status})`);
  }
  if (status === 404) return new TailraceError("CONFIG_UNREADABLE", `${name} has no ${missing}`);
  return new TailraceError("CONFIG_UNREADABLE", `${name} answers ${status}`);
}

/** JSON of an answer. Throws CONFIG_UNREADABLE, not quoting it, when it is none. */
export function parseAnswer(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TailraceError("CONFIG_UNREADABLE", `${name} answers with something that is not JSON`);
  }
}

/** What went wrong, by code and system call: messages of clients may quote what was sent. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return "no answer";
  const { code } = error as NodeJS.ErrnoException;
  const known: Readonly<Record<string, string>> = {
    TimeoutError: "no answer in time",
    AbortError: "the request was broken off",
  };
  const text = known[error.name];
  if (text !== undefined) return text;
  return code === undefined ? "no usable answer" : `no connection (${code})`;
}

function readAuthority(path: string | undefined, name: string): string {
  try {
    return readFileSync(path ?? "", "utf8");
  } catch (error) {
    throw new TailraceError(
      "CONFIG_UNREADABLE",
      `the certificates of ${name} cannot be read from ${path}`,
      { cause: error },
    );
  }
}
