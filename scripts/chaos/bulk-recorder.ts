import { once } from "node:events";
import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { AcceptedActions } from "./accepted-actions.ts";

/** An HTTP proxy before Elasticsearch that notes which actions of bulk requests are answered for, before it passes the answer on. */
export interface BulkRecorder extends AsyncDisposable {
  readonly url: URL;
}

/** An action line of a bulk request. */
interface BulkAction {
  readonly index: string;
  readonly id: string;
  readonly version: bigint;
  readonly isDelete: boolean;
}

/** Opens the proxy on 127.0.0.1. */
export async function openBulkRecorder(
  target: URL,
  accepted: AcceptedActions,
): Promise<BulkRecorder> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    // Whoever is cut off sends again.
    pass(incoming, outgoing, { target, agent, accepted }).catch(() => outgoing.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/`),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Passing {
  readonly target: URL;
  readonly agent: Agent;
  readonly accepted: AcceptedActions;
}

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { target, agent, accepted }: Passing,
): Promise<void> {
  const path = incoming.url ?? "/";
  const body = await buffer(incoming);
  const sentAt = accepted.now;
  const upstream = request(new URL(path, target), {
    agent,
    method: incoming.method ?? "GET",
    headers: requestHeaders(incoming, target, body),
  });
  upstream.end(body);
  const [response] = (await once(upstream, "response")) as [IncomingMessage];
  const answer = await buffer(response);
  if (isBulk(path) && response.statusCode === 200)
    for (const action of acceptedActions(readActions(path, body), answer.toString()))
      accepted.note(action, sentAt);
  // It is in one piece now; the answer to HEAD tells of a body that does not come.
  const { "transfer-encoding": chunked, ...headers } = response.headers;
  if (chunked !== undefined) headers["content-length"] = String(answer.length);
  outgoing.writeHead(response.statusCode ?? 502, headers);
  outgoing.end(answer);
}

function requestHeaders(
  { headers: { "transfer-encoding": _chunked, ...headers } }: IncomingMessage,
  target: URL,
  body: Buffer,
): OutgoingHttpHeaders {
  return { ...headers, host: target.host, "content-length": body.length };
}

function isBulk(path: string): boolean {
  return /\/_bulk(?:\?|$)/.test(path);
}

/** The action lines of a bulk request. Those without a version, such as dead letters, are left out of what is noted: their version is 0. */
function readActions(path: string, body: Buffer): BulkAction[] {
  const pathIndex = decodeURIComponent(/^\/([^/]+)\/_bulk/.exec(path)?.[1] ?? "");
  const actions: BulkAction[] = [];
  for (let at = 0; at < body.length;) {
    const line = body.toString("utf8", at, endOfLine(body, at));
    at = endOfLine(body, at) + 1;
    const [, verb = "", fields = "{}"] = /^\{"(\w+)":(\{.*\})\}$/.exec(line) ?? [];
    const { _index = pathIndex, _id = "" } = JSON.parse(fields) as {
      _index?: string;
      _id?: string;
    };
    // Beyond a double's digits.
    const version = BigInt(/"version":(\d+)/.exec(fields)?.[1] ?? 0);
    actions.push({ index: _index, id: _id, version, isDelete: verb === "delete" });
    if (verb !== "delete") at = endOfLine(body, at) + 1;
  }
  return actions;
}

function endOfLine(body: Buffer, from: number): number {
  const end = body.indexOf(0x0a, from);
  return end < 0 ? body.length : end;
}

interface BulkAnswer {
  readonly errors: boolean;
  readonly items?: readonly Readonly<Record<string, { readonly status: number }>>[];
}

/** Those of the actions that the answer says are applied (a missing document is deleted, too) or in conflict. */
function* acceptedActions(
  actions: readonly BulkAction[],
  text: string,
): Generator<BulkAction & { readonly isApplied: boolean }> {
  const { errors, items } = JSON.parse(text) as BulkAnswer;
  for (const [i, action] of actions.entries()) {
    const status = errors ? (Object.values(items?.[i] ?? {})[0]?.status ?? 0) : 200;
    const isApplied = status < 300 ? status >= 200 : status === 404 && action.isDelete;
    if (action.version > 0n && (isApplied || status === 409)) yield { ...action, isApplied };
  }
}
