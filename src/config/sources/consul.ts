import { TailraceError } from "../../core/errors.ts";
import { CentreHttp, parseAnswer, refuse, type CentreAnswer } from "./http.ts";
import { readParameters, requirePath, tokenOf, type CentreLocation } from "./location.ts";
import { centreTexts, type ConfigReader, type ConfigTexts, type SourceOptions } from "./source.ts";

/** How long the server holds a question that waits for a change; it adds up to a sixteenth. */
const WAIT_S = 55;

/**
 * Reads a key of Consul's key/value store (`GET /v1/kv/KEY`) and waits for changes with blocking queries
 * (https://developer.hashicorp.com/consul/api-docs/features/blocking). Parameters: `dc`, `ns`, `partition`, `tls`.
 */
export class ConsulReader implements ConfigReader {
  readonly name: string;
  readonly isCentre = true;
  readonly #http: CentreHttp;
  readonly #path: string;
  readonly #key: string;
  readonly #headers: Readonly<Record<string, string>>;
  /** X-Consul-Index of the last answer; 0 = none to compare with. */
  #index = 0;

  constructor(location: CentreLocation, { env = process.env }: SourceOptions) {
    const { tls, ...scope } = readParameters(location, ["dc", "ns", "partition", "tls"]);
    this.#key = requirePath(location, "the key");
    this.name = location.name;
    const query = new URLSearchParams(Object.entries(scope)).toString();
    const path = this.#key.split("/").map(encodeURIComponent).join("/");
    this.#path = `/v1/kv/${path}?${query === "" ? "" : `${query}&`}`;
    const token = tokenOf(location, env);
    this.#headers = token === "" ? {} : { "x-consul-token": token };
    this.#http = new CentreHttp(location, { tls, defaultPort: 8500 });
  }

  async read(signal: AbortSignal): Promise<ConfigTexts> {
    const { status, headers, text } = await this.#get("", { signal });
    // an index that went back, or none, means that the server began anew
    const index = Number(headers["x-consul-index"] ?? 0);
    this.#index = Number.isSafeInteger(index) && index > 0 ? index : 0;
    if (status !== 200) throw refuse(this.name, status, `key ${this.#key}`);
    const [entry] = parseAnswer(this.name, text) as readonly { readonly Value: string | null }[];
    if (typeof entry?.Value !== "string") {
      throw new TailraceError("CONFIG_UNREADABLE", `${this.name}: the key has no value`);
    }
    return centreTexts(this.name, Buffer.from(entry.Value, "base64").toString("utf8"));
  }

  async wait(signal: AbortSignal): Promise<void> {
    if (this.#index === 0) return;
    const { status } = await this.#get(`index=${this.#index}&wait=${WAIT_S}s`, {
      signal,
      timeoutMs: Math.ceil((WAIT_S * 17_000) / 16) + 10_000,
    });
    if (status !== 200) throw refuse(this.name, status, `key ${this.#key}`);
  }

  #get(
    query: string,
    options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
  ): Promise<CentreAnswer> {
    return this.#http.send({ path: `${this.#path}${query}`, headers: this.#headers, ...options });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#http[Symbol.asyncDispose]();
  }
}
