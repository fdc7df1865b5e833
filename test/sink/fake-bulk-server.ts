import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A document, or the tombstone of one (`source` null), as the fake server holds it. */
export interface FakeDocument {
  readonly version: bigint;
  readonly source: Readonly<Record<string, unknown>> | null;
}

/** One action of a bulk request as the server parsed it. */
export interface FakeAction {
  readonly operation: "index" | "delete" | "update";
  readonly index: string;
  readonly id: string;
  readonly version: bigint | null;
  readonly source: Readonly<Record<string, unknown>> | null;
}

/** A bulk request under way. */
export interface FakeRequest {
  /** Counted from 0. */
  readonly number: number;
  readonly bytes: number;
  readonly actions: readonly FakeAction[];
}

/** What an item is answered instead of being applied. */
export interface ItemFault {
  readonly status: number;
  readonly type: string;
  readonly reason?: string;
}

/** How a request fares. Without an answer of its own it is applied. */
export type Fault =
  /** Answered so, nothing applied. */
  | { readonly kind: "answer"; readonly status: number; readonly body: string }
  /** The connection breaks, before or after applying. */
  | { readonly kind: "drop"; readonly applied: boolean }
  /** Applied, but only the first bytes of the answer are sent. */
  | { readonly kind: "cut" }
  /** Applied, but never answered. */
  | { readonly kind: "silence" }
  /** Some items fail. */
  | { readonly kind: "items"; readonly fault: (action: FakeAction, i: number) => ItemFault | null };

/** An Elasticsearch of one screen: bulk requests with external versions, tombstones, upserts, and every way to fail. */
export interface FakeBulkServer extends AsyncDisposable {
  readonly url: string;
  /** By `index/id`. */
  readonly documents: ReadonlyMap<string, FakeDocument>;
  readonly requests: readonly FakeRequest[];
  /** Decides how a bulk request fares; replace it at any time. */
  onBulk: (request: FakeRequest) => Fault | null | Promise<Fault | null>;
  /** Answers what is not a bulk request; 404 by default. */
  onOther: (method: string, path: string, body: string) => { status: number; body: unknown };
}

/** Starts one on a free port of 127.0.0.1. */
export async function openFakeBulkServer(): Promise<FakeBulkServer> {
  const documents = new Map<string, FakeDocument>();
  const requests: FakeRequest[] = [];
  const sockets = new Set<Socket>();
  const fake = {
    documents,
    requests,
    onBulk: (): Fault | null => null,
    onOther: () => ({ status: 404, body: { error: "not here", status: 404 } }),
  } as unknown as FakeBulkServer & { url: string };
  const server = createServer((request, response) => {
    void answer(fake, { documents, requests }, request, response);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  fake[Symbol.asyncDispose] = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return fake;
}

interface Store {
  readonly documents: Map<string, FakeDocument>;
  readonly requests: FakeRequest[];
}

async function answer(
  fake: FakeBulkServer,
  store: Store,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return;
  }
  const body = Buffer.concat(chunks).toString();
  const path = request.url ?? "/";
  const reply = (status: number, text: string): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(text);
  };
  if (!path.includes("_bulk")) {
    const other = fake.onOther(request.method ?? "GET", path, body);
    return reply(other.status, JSON.stringify(other.body));
  }
  const actions = parseBulk(body, decodeURIComponent(path.split("/")[1]!));
  if (actions === null) {
    const error = { type: "illegal_argument_exception", reason: "Malformed action/metadata line" };
    return reply(400, JSON.stringify({ error, status: 400 }));
  }
  const bulk = { number: store.requests.length, bytes: Buffer.byteLength(body), actions };
  store.requests.push(bulk);
  const fault = await fake.onBulk(bulk);
  if (fault?.kind === "answer") return reply(fault.status, fault.body);
  if (fault?.kind === "drop" && !fault.applied) {
    request.socket.destroy();
    return;
  }
  const itemFault = fault?.kind === "items" ? fault.fault : () => null;
  const items = actions.map((action, i) => {
    const failed = itemFault(action, i);
    const result = failed === null ? apply(store.documents, action) : failure(failed);
    return { [action.operation]: result };
  });
  const errors = items.some((item) => "error" in Object.values(item)[0]!);
  const text = JSON.stringify({ errors, items });
  if (fault?.kind === "silence") return;
  if (fault?.kind === "drop") {
    request.socket.destroy();
  } else if (fault?.kind === "cut") {
    response.writeHead(200, { "content-length": text.length });
    response.write(text.slice(0, text.length >> 1));
    setTimeout(() => request.socket.destroy(), 5);
  } else {
    reply(200, text);
  }
}

/** Null when a line is malformed. */
function parseBulk(body: string, pathIndex: string): FakeAction[] | null {
  const lines = body.split("\n");
  if (lines.pop() !== "") return null;
  const actions: FakeAction[] = [];
  try {
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!;
      const [operation, meta] = Object.entries(JSON.parse(line) as object)[0] as [
        FakeAction["operation"],
        { _index?: string; _id: string; version?: number },
      ];
      if (!["index", "delete", "update"].includes(operation) || meta._id === "") return null;
      const version = /"version":(\d+)/.exec(line)?.[1];
      const hasSource = operation !== "delete";
      const source = hasSource ? (JSON.parse(lines[++i]!) as Record<string, unknown>) : null;
      actions.push({
        operation,
        index: meta._index ?? pathIndex,
        id: meta._id,
        version: version === undefined ? null : BigInt(version),
        source: operation === "update" ? (source!["doc"] as Record<string, unknown>) : source,
      });
    }
  } catch {
    return null;
  }
  return actions;
}

function apply(documents: Map<string, FakeDocument>, action: FakeAction): object {
  const key = `${action.index}/${action.id}`;
  const current = documents.get(key);
  if (action.version !== null && current !== undefined && current.version > action.version) {
    return failure({ status: 409, type: "version_conflict_engine_exception" });
  }
  const version = action.version ?? (current?.version ?? 0n) + 1n;
  if (action.operation === "delete") {
    documents.set(key, { version, source: null });
    return { status: current?.source ? 200 : 404 };
  }
  const base = action.operation === "update" ? (current?.source ?? {}) : {};
  documents.set(key, { version, source: { ...base, ...action.source } });
  return { status: current?.source ? 200 : 201 };
}

function failure({ status, type, reason = "" }: ItemFault): object {
  return { status, error: { type, reason } };
}
