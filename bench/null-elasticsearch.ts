/**
 * A server that takes Elasticsearch's bulk requests and forgets them: a process of its own, started by support/null-sink.ts. It reads
 * the bodies from the kernel, looks at none of their bytes and says that all went well, so that what is measured is the client.
 *
 * Other modes: `verify` looks into every action and marks its document, `record` writes the bodies to a file. Either costs CPU that a
 * measurement must not pay.
 */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { openSync, writeSync } from "node:fs";
import { HttpFrames, type RequestLine } from "./support/http-frames.ts";
import { answerAdmin, type Indices } from "./support/index-state.ts";
import { childOptions, tellParent } from "./support/child.ts";
import { DocumentCheck } from "./support/document-check.ts";
import type { NullOptions, NullStats } from "./support/null-sink.ts";
import { markUsage } from "./support/process-usage.ts";

const options = childOptions() as NullOptions;
const APPLIED = httpAnswer(200, '{"errors":false,"took":0,"items":[]}');
const indices: Indices = new Map();
const sockets = new Set<Socket>();
const check = options.mode === "verify" ? new DocumentCheck(options.rows) : null;
const record = options.mode === "record" ? openSync(options.path, "w") : null;
let requests = 0;
let bytes = 0;
let isStalled = false;

/** One connection; its number is the lane in recordings. */
class Connection {
  readonly #socket: Socket;
  readonly #lane: number;
  #request: RequestLine = { method: "", path: "" };
  #isBulk = false;
  #parts: Buffer[] = [];

  constructor(socket: Socket, lane: number) {
    this.#socket = socket;
    this.#lane = lane;
  }

  begin(request: RequestLine): boolean {
    this.#request = request;
    this.#isBulk = request.path.includes("/_bulk");
    return !this.#isBulk || options.mode !== "drain";
  }

  body(part: Buffer): void {
    this.#parts.push(part);
  }

  end(): void {
    const parts = this.#parts;
    if (parts.length > 0) this.#parts = [];
    if (this.#isBulk) this.#endBulk(parts);
    else this.#endAdmin(Buffer.concat(parts).toString());
  }

  #endBulk(parts: readonly Buffer[]): void {
    requests += 1;
    if (parts.length > 0) {
      const body = Buffer.concat(parts);
      bytes += body.length;
      check?.take(body);
      if (record !== null) writeRecord(record, this.#lane, body);
    }
    if (options.mode === "record") setTimeout(() => this.#socket.write(APPLIED), options.delayMs);
    else this.#socket.write(APPLIED);
  }

  #endAdmin(body: string): void {
    const answer = answerAdmin(indices, this.#request, body);
    const text = JSON.stringify(answer.body);
    this.#socket.write(httpAnswer(answer.status, text, this.#request.method === "HEAD"));
  }
}

/** A recording is a row of bulk requests: lane (uint32), length (uint32), body. */
function writeRecord(file: number, lane: number, body: Buffer): void {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(lane, 0);
  head.writeUInt32LE(body.length, 4);
  writeSync(file, head);
  writeSync(file, body);
}

function httpAnswer(status: number, body: string, headOnly = false): Buffer {
  const head = `HTTP/1.1 ${status} ${status === 200 ? "OK" : "Not Found"}\r\nx-elastic-product: Elasticsearch\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.from(headOnly ? head : head + body);
}

/** Reads nothing and answers nothing for this time. */
function stall(ms: number): void {
  isStalled = true;
  for (const socket of sockets) socket.pause();
  setTimeout(() => {
    isStalled = false;
    for (const socket of sockets) socket.resume();
    tellParent({ kind: "resumed" });
  }, ms);
}

let connections = 0;
const server = createServer({ noDelay: true }, (socket) => {
  const frames = new HttpFrames(new Connection(socket, connections++));
  sockets.add(socket);
  socket.on("data", (chunk: Buffer) => frames.receive(chunk));
  socket.on("error", () => socket.destroy());
  socket.on("close", () => sockets.delete(socket));
  if (isStalled) socket.pause();
});
server.listen(0, "127.0.0.1", () => {
  tellParent({ kind: "listening", port: (server.address() as AddressInfo).port });
});

process.on("message", (message: { kind: "stats" } | { kind: "stall"; ms: number }) => {
  if (message.kind === "stall") stall(message.ms);
  else {
    const stats: NullStats = {
      requests,
      bytes,
      cpuUs: markUsage().cpuUs,
      documents: check?.summary() ?? null,
    };
    tellParent({ kind: "stats", stats });
  }
});
process.on("disconnect", () => process.exit());
