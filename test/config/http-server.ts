import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as a handler sees it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  /** Path and query as they came. */
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** What a handler answers; a text alone is 200. */
export type Answer =
  | string
  | {
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** A small HTTP server on 127.0.0.1. */
export interface TestHttpServer extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly host: string;
}

/** Serves requests with the handler, which may take its time. */
export async function serveHttp(
  handle: (request: SeenRequest) => Answer | Promise<Answer>,
): Promise<TestHttpServer> {
  const server = createServer((request, response) => {
    void (async () => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const target = request.url ?? "/";
      const url = new URL(target, "http://x");
      const { method = "", headers } = request;
      const answer = await handle({ method, url, target, headers, body });
      const {
        status,
        body: text = "",
        headers: own = {},
      } = typeof answer === "string" ? { status: 200, body: answer } : answer;
      response.writeHead(status, own).end(text);
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A value that changes, and those who wait for that. */
export class Changing {
  #waiting: (() => void)[] = [];
  #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  get value(): string {
    return this.#value;
  }

  set(value: string): void {
    this.#value = value;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves with the next change. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
