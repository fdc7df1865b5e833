import { request } from "undici";
import { TailraceError } from "../core/errors.ts";
import type { TokenProvider } from "./options.ts";

const TIMEOUT_MS = 10_000;

/**
 * A bearer token for a new connection: the known one, or one that the endpoint gives for client credentials (RFC 6749, 4.4). Throws
 * KAFKA_ACCESS_DENIED when the endpoint refuses, KAFKA_UNREACHABLE when it does not answer or is in trouble.
 */
export async function fetchToken(provider: TokenProvider): Promise<string> {
  if (provider.kind === "token") return provider.token;
  const { origin, pathname } = new URL(provider.url);
  const what = `get a token from ${origin}${pathname}`;
  const credentials = [provider.clientId, provider.clientSecret].map(encodeURIComponent).join(":");
  const answer = await send(provider, credentials, what);
  if (answer.status >= 500 || answer.status === 429) {
    throw new TailraceError("KAFKA_UNREACHABLE", `${what}: HTTP status ${answer.status}`);
  }
  const { access_token: token, error } = parse(answer.text);
  if (answer.status === 200 && typeof token === "string") return token;
  const reason = typeof error === "string" ? error : `HTTP status ${answer.status}`;
  throw new TailraceError("KAFKA_ACCESS_DENIED", `${what} as ${provider.clientId}: ${reason}`);
}

async function send(
  provider: TokenProvider & { kind: "endpoint" },
  credentials: string,
  what: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (provider.scope !== undefined) form.set("scope", provider.scope);
  try {
    const { statusCode, body } = await request(provider.url, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(credentials).toString("base64")}`,
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: form.toString(),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: statusCode, text: await body.text() };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TailraceError("KAFKA_UNREACHABLE", `${what}: ${reason}`, { cause: error });
  }
}

function parse(text: string): { readonly access_token?: unknown; readonly error?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
