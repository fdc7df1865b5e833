import { createHash, timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { fastify, type FastifyInstance, type FastifyRequest } from "fastify";
import { TailraceError } from "../core/errors.ts";
import { type AdminLoads, addLoads } from "./load-routes.ts";
import { print, sendError } from "./send.ts";

/** Where to listen. */
export interface AdminOptions {
  readonly host: string;
  /** 0 = a free one. */
  readonly port: number;
  /** What requests must bring as a bearer token; absent: only browsers and other machines are kept out. */
  readonly token?: string | undefined;
}

/** What the endpoints show and do. */
export interface AdminView {
  /** Are changes flowing, or would they if there were any? */
  readonly isReady: () => boolean;
  /** The body of /status; no secrets. */
  readonly status: () => object;
  readonly metrics: { readonly contentType: string; readonly print: () => Promise<string> };
  /** Reads the configuration again; resolves with the answer to /reload. Rejects with why it was refused. */
  readonly reload: () => Promise<object>;
  /** Loads of tables in this process, at this moment; undefined where there are none. */
  readonly loads?: () => AdminLoads | undefined;
}

/** The endpoints, open. Disposing of it closes them at once. */
export interface AdminServer extends AsyncDisposable {
  readonly port: number;
}

/** Paths that need no token: probes of orchestrators carry none. */
const OPEN_PATHS = new Set(["/livez", "/readyz"]);

/**
 * Opens the endpoints for operators: GET /livez (the process answers), /readyz (503 while changes do not flow), /status, /metrics, POST /reload (409 when
 * a restart is needed, 422 when the configuration is wrong, 503 when it cannot be read), and those of `addLoads`. Throws CONFIG_INVALID when the address cannot be listened on.
 */
export async function openAdmin(options: AdminOptions, view: AdminView): Promise<AdminServer> {
  const { host, port } = options;
  const server = fastify({ logger: false, bodyLimit: 1_024, forceCloseConnections: true });
  server.addHook("onRequest", async (request, reply) => {
    const refusal = refusalOf(request, options.token);
    if (refusal !== null) await reply.code(refusal.status).send({ error: refusal.why });
  });
  server.get("/livez", () => ({ live: true }));
  server.get("/readyz", async (_, reply) => {
    const ready = view.isReady();
    await reply.code(ready ? 200 : 503).send({ ready });
  });
  server.get("/status", async (_, reply) => {
    await reply.type("application/json").send(print(view.status()));
  });
  server.get("/metrics", async (_, reply) => {
    await reply.type(view.metrics.contentType).send(await view.metrics.print());
  });
  addReload(server, view);
  addLoads(server, () => view.loads?.());
  server.setErrorHandler(async (error: Error & { readonly statusCode?: number }, _, reply) => {
    const { statusCode = 500 } = error;
    // a body that is no JSON, or too large
    if (statusCode < 500) await reply.code(statusCode).send({ error: error.message });
    else await sendError(reply, error, () => 500);
  });
  try {
    await server.listen({ host, port });
  } catch (cause) {
    await server.close();
    throw new TailraceError("CONFIG_INVALID", `admin.listen: ${host}:${port} cannot be used`, {
      cause,
    });
  }
  return {
    port: (server.server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function addReload(server: FastifyInstance, view: AdminView): void {
  server.post("/reload", async (_, reply) => {
    try {
      await reply.type("application/json").send(print(await view.reload()));
    } catch (error) {
      await sendError(reply, error, statusOf);
    }
  });
}

function statusOf({ code, disposition }: TailraceError): number {
  if (code === "CONFIG_RELOAD_REFUSED") return 409;
  if (code === "INVARIANT_BROKEN") return 500;
  return disposition === "retry" ? 503 : 422;
}

/** Why a request is not served, or null. */
function refusalOf(
  { url, headers }: FastifyRequest,
  token: string | undefined,
): { readonly status: number; readonly why: string } | null {
  if (OPEN_PATHS.has(url.split("?", 1)[0] ?? "")) return null;
  if (token !== undefined) {
    const sent = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
    if (timingSafeEqual(digest(sent), digest(token))) return null;
    return { status: 401, why: "send the admin token as `Authorization: Bearer …`" };
  }
  // a web page could make a browser on this machine ask us, under a name of its own that leads here
  const host = (headers.host ?? "").replace(/:\d+$/, "");
  const isLocal = /^(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})$/.test(host);
  if (isLocal && headers.origin === undefined) return null;
  return { status: 403, why: "without admin.token only programs on this machine may ask" };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
