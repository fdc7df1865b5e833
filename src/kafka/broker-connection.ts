import { isIP } from "node:net";
import { apiVersionsV3, Connection, protocolAPIsById } from "@platformatic/kafka";
import { TailraceError } from "../core/errors.ts";
import { describeSasl, saslOptions, type SaslSession } from "./authenticate.ts";
import { libraryCall, type KafkaCall } from "./call.ts";
import type { Endpoint, KafkaOptions } from "./options.ts";
import { translateKafkaError } from "./translate-error.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Time-outs are ours, by request: the library has one for all. */
const NEVER_MS = 0x7fffffff;
/** Callers bound what they send; the library's queue is not needed. */
const MAX_IN_FLIGHT = 1000;

/** One authenticated connection to one broker. Requests are answered in the order in which they were sent. */
export class BrokerConnection implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #options: KafkaOptions;
  readonly #session: SaslSession = { renewAtMs: Number.POSITIVE_INFINITY };
  readonly #versions = new Map<number, readonly [number, number]>();
  readonly #name: string;
  readonly #endpoint: Endpoint;
  #inFlight = 0;
  #answers = 0;
  #isRetired = false;
  /** What the socket said before it was closed. */
  #failure: Error | undefined;

  /** Does not connect yet. */
  constructor(endpoint: Endpoint, options: KafkaOptions) {
    this.#options = options;
    this.#endpoint = endpoint;
    this.#name = `Kafka at ${endpoint.host}:${endpoint.port}`;
    const { tls, sasl } = options;
    this.#connection = new Connection(options.clientId ?? "tailrace", {
      connectTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      requestTimeout: NEVER_MS,
      maxInflights: MAX_IN_FLIGHT,
      ...(sasl !== undefined && { sasl: saslOptions(sasl, this.#session) }),
      ...(tls !== undefined && {
        tlsServerName: isIP(endpoint.host) === 0,
        tls: {
          ...(tls.ca !== undefined && { ca: tls.ca }),
          ...(tls.cert !== undefined && { cert: tls.cert }),
          ...(tls.key !== undefined && { key: tls.key }),
          rejectUnauthorized: tls.insecure !== true,
          ...(tls.verifyHost === false && { checkServerIdentity: () => undefined }),
        },
      }),
    });
    this.#connection.on("error", (error) => {
      this.#failure ??= error;
    });
  }

  /** Connects, authenticates and asks what the broker can. Throws KAFKA_*. */
  async open(): Promise<void> {
    const { sasl } = this.#options;
    const { host, port } = this.#endpoint;
    const what =
      `connect to ${this.#name}` + (sasl === undefined ? "" : ` with ${describeSasl(sasl)}`);
    try {
      await this.#connection.connect(host, port);
      const call = libraryCall(apiVersionsV3.api, "tailrace", "0");
      const limitMs = this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
      const { apiKeys } = await this.#exchange(call, 3, { what, limitMs });
      for (const api of apiKeys) {
        this.#versions.set(api.apiKey, [api.minVersion, api.maxVersion]);
      }
    } catch (error) {
      this.destroy();
      throw translateKafkaError(error, what);
    }
  }

  /** It has answered a request that needs authentication, where the listener wants any. */
  get hasAnswered(): boolean {
    return this.#answers > 0;
  }

  /** It stands and may be given further requests. */
  get isUsable(): boolean {
    return this.#connection.isConnected() && Date.now() < this.#session.renewAtMs;
  }

  /** The highest version of a request that both sides have, or undefined. */
  versionOf(call: Pick<KafkaCall<unknown>, "apiKey" | "versions">): number | undefined {
    const range = this.#versions.get(call.apiKey);
    if (range === undefined) return undefined;
    const version = Math.min(range[1], call.versions[1]);
    return version >= Math.max(range[0], call.versions[0]) ? version : undefined;
  }

  /** Sends the first of the calls that the broker has and resolves with its answer. Throws KAFKA_*. */
  async request<Answer>(calls: readonly KafkaCall<Answer>[]): Promise<Answer> {
    for (const call of calls) {
      const version = this.versionOf(call);
      if (version === undefined) continue;
      const what = `${apiName(call)} at ${this.#name}`;
      const limitMs = (this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS) + (call.waitMs ?? 0);
      this.#inFlight += 1;
      try {
        const answer = await this.#exchange(call, version, { what, limitMs });
        this.#answers += 1;
        return answer;
      } catch (error) {
        throw translateKafkaError(error, what);
      } finally {
        this.#inFlight -= 1;
        if (this.#isRetired && this.#inFlight === 0) this.destroy();
      }
    }
    throw new TailraceError(
      "KAFKA_UNSUPPORTED",
      `${this.#name} has no ${calls.map(apiName).join(" or ")} in a version that tailrace knows`,
    );
  }

  /** Ends it when nothing is in flight any more. */
  retire(): void {
    this.#isRetired = true;
    if (this.#inFlight === 0) this.destroy();
  }

  /** Ends it at once: what is in flight fails. */
  destroy(): void {
    this.#connection.socket?.on("error", () => undefined);
    this.#connection.socket?.destroy();
    // Who waits for it to be connected is told by this only.
    if (!this.#connection.isConnected()) this.#connection.emit("error", new Error("closed"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#connection.isConnected()) await this.#connection.close();
    else this.destroy();
  }

  #exchange<Answer>(
    call: KafkaCall<Answer>,
    version: number,
    { what, limitMs }: { readonly what: string; readonly limitMs: number },
  ): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new TailraceError("KAFKA_UNREACHABLE", `${what}: no answer in ${limitMs} ms`));
        this.destroy();
      }, limitMs);
      call.send(this.#connection, version, (error, answer) => {
        clearTimeout(timer);
        // A socket that fails reports why by an event, and to the requests only that it is closed.
        if (error !== null)
          reject(this.#connection.isConnected() ? error : (this.#failure ?? error));
        else resolve(answer as Answer);
      });
    });
  }
}

function apiName(call: Pick<KafkaCall<unknown>, "apiKey">): string {
  return protocolAPIsById[call.apiKey] ?? `request ${call.apiKey}`;
}
