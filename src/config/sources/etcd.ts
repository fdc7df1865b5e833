import { TailraceError } from "../../core/errors.ts";
import { CentreHttp, parseAnswer, refuse, type CentreAnswer } from "./http.ts";
import {
  accountOf,
  readParameters,
  requirePath,
  tokenOf,
  type CentreLocation,
} from "./location.ts";
import { centreTexts, type ConfigReader, type ConfigTexts, type SourceOptions } from "./source.ts";

/** A watch is begun anew so often: a connection that has died in silence is found out by then. */
const WATCH_MS = 60_000;

/** gRPC's codes for credentials. */
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;
const INVALID_ARGUMENT = 3;

/** What the gateway answers to a range request; int64 values are texts. */
interface RangeAnswer {
  readonly header?: { readonly revision?: string };
  readonly kvs?: readonly { readonly value?: string }[];
}

/**
 * Reads a key of etcd through the JSON gateway of its v3 API (https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/: range, watch, authenticate).
 * The watch begins behind the revision that was read, so that nothing in between is missed. Parameters: `tls`.
 */
export class EtcdReader implements ConfigReader {
  readonly name: string;
  readonly isCentre = true;
  readonly #http: CentreHttp;
  readonly #key: string;
  readonly #account: { readonly user: string; readonly password: string } | null;
  #token: string;
  /** The store's revision when the key was read; 0 = not read. */
  #revision = 0n;

  constructor(location: CentreLocation, { env = process.env }: SourceOptions) {
    const { tls } = readParameters(location, ["tls"]);
    this.name = location.name;
    this.#key = Buffer.from(requirePath(location, "the key")).toString("base64");
    this.#account = accountOf(location, env);
    this.#token = this.#account === null ? tokenOf(location, env) : "";
    this.#http = new CentreHttp(location, { tls, defaultPort: 2379 });
  }

  async read(signal: AbortSignal): Promise<ConfigTexts> {
    if (this.#token === "" && this.#account !== null) await this.#authenticate(signal);
    let answer = await this.#post("/v3/kv/range", { key: this.#key }, signal);
    if (this.#account !== null && isRefusal(answer)) {
      // a token lives five minutes, and not longer than its server
      await this.#authenticate(signal);
      answer = await this.#post("/v3/kv/range", { key: this.#key }, signal);
    }
    this.#check(answer);
    const { header, kvs = [] } = parseAnswer(this.name, answer.text) as RangeAnswer;
    this.#revision = BigInt(header?.revision ?? 0);
    const [entry] = kvs;
    if (entry === undefined) {
      throw new TailraceError("CONFIG_UNREADABLE", `${this.name}: there is no such key`);
    }
    return centreTexts(this.name, Buffer.from(entry.value ?? "", "base64").toString("utf8"));
  }

  async wait(signal: AbortSignal): Promise<void> {
    if (this.#revision === 0n) return;
    const request = { key: this.#key, start_revision: String(this.#revision + 1n) };
    const limit = AbortSignal.timeout(WATCH_MS);
    const { status, chunks } = await this.#http.open({
      method: "POST",
      path: "/v3/watch",
      headers: this.#headers(),
      body: JSON.stringify({ create_request: request }),
      signal: AbortSignal.any([signal, limit]),
      timeoutMs: WATCH_MS + 10_000,
    });
    // the next reading says why, or authenticates again
    if (status !== 200) return;
    let begun = "";
    try {
      for await (const chunk of chunks) {
        begun += chunk.toString("latin1");
        // the first line says that the watch is there; the next is a change, or its end
        const lines = begun.split("\n").filter((line) => line !== "");
        if (lines.length > 1 || /"(?:events|canceled|error)"/.test(begun)) return;
      }
    } catch {
      if (signal.aborted || limit.aborted) return;
      throw this.#http.unavailable("the watch was broken off");
    }
  }

  async #authenticate(signal: AbortSignal): Promise<void> {
    const { user: name = "", password = "" } = this.#account ?? {};
    this.#token = "";
    const answer = await this.#post("/v3/auth/authenticate", { name, password }, signal);
    this.#check(answer);
    const { token } = parseAnswer(this.name, answer.text) as { readonly token?: string };
    this.#token = token ?? "";
  }

  #post(path: string, body: object, signal: AbortSignal): Promise<CentreAnswer> {
    return this.#http.send({
      method: "POST",
      path,
      headers: this.#headers(),
      body: JSON.stringify(body),
      signal,
    });
  }

  #headers(): Readonly<Record<string, string>> {
    const authorization = this.#token === "" ? {} : { authorization: this.#token };
    return { "content-type": "application/json", ...authorization };
  }

  #check(answer: CentreAnswer): void {
    if (answer.status === 200) return;
    const isCredentials = isRefusal(answer) || codeOf(answer) === INVALID_ARGUMENT;
    throw refuse(this.name, isCredentials ? 401 : answer.status, "v3 API");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#http[Symbol.asyncDispose]();
  }
}

function isRefusal(answer: CentreAnswer): boolean {
  const code = codeOf(answer);
  // "user name is empty" is an invalid argument
  const isNobody = code === INVALID_ARGUMENT && answer.text.includes("user name is empty");
  return (
    answer.status === 401 || code === UNAUTHENTICATED || code === PERMISSION_DENIED || isNobody
  );
}

/** gRPC's code of an answer that is none of success. */
function codeOf({ status, text }: CentreAnswer): number {
  if (status === 200) return 0;
  try {
    return (JSON.parse(text) as { readonly code?: number }).code ?? -1;
  } catch {
    return -1;
  }
}
