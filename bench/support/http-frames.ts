/** A request's first line. */
export interface RequestLine {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
}

/** Takes the parts of requests as they arrive. */
export interface RequestHandler {
  /** Returns whether the body's bytes are wanted. */
  begin(request: RequestLine): boolean;
  body(bytes: Buffer): void;
  /** The request is whole: answer it. */
  end(): void;
}

const HEAD_END = "\r\n\r\n";
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

/**
 * Cuts the bytes of one HTTP/1.1 connection into requests, as cheaply as can be: bodies with a content-length only, no limits, no
 * upgrades. For a server that must cost less than the client that it measures.
 */
export class HttpFrames {
  readonly #handler: RequestHandler;
  #head: Buffer | null = null;
  #left = 0;
  #isWanted = false;

  constructor(handler: RequestHandler) {
    this.#handler = handler;
  }

  receive(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === 0) {
        at = this.#readHead(chunk, at);
        continue;
      }
      const end = Math.min(chunk.length, at + this.#left);
      if (this.#isWanted) this.#handler.body(chunk.subarray(at, end));
      this.#left -= end - at;
      at = end;
      if (this.#left === 0) this.#handler.end();
    }
  }

  /** Reads a request's head from `at` on and returns where its body begins, or the chunk's end when the head is not whole. */
  #readHead(chunk: Buffer, at: number): number {
    const known = this.#head;
    const bytes = known === null ? chunk.subarray(at) : Buffer.concat([known, chunk.subarray(at)]);
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = bytes;
      return chunk.length;
    }
    this.#head = null;
    const head = bytes.toString("latin1", 0, end);
    const [method = "", path = ""] = head.split(" ", 2);
    this.#isWanted = this.#handler.begin({ method, path });
    this.#left = Number(CONTENT_LENGTH.exec(head)?.[1] ?? 0);
    if (this.#left === 0) this.#handler.end();
    return at + end + HEAD_END.length - (known?.length ?? 0);
  }
}
