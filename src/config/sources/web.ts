import { systemClock, type Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import { CentreHttp, refuse } from "./http.ts";
import { splitHost, tokenOf, type CentreLocation } from "./location.ts";
import { centreTexts, type ConfigReader, type ConfigTexts, type SourceOptions } from "./source.ts";

const POLL_INTERVAL_MS = 30_000;

/**
 * Reads a text by HTTPS, and asks again now and then with the last answer's ETag or date (RFC 9110, section 13.1), so that one that has not changed is not sent.
 * Authorization: `user:password@` in the location, or a bearer token: `token@` or TAILRACE_CONFIG_TOKEN. Redirects are not followed.
 */
export class WebReader implements ConfigReader {
  readonly name: string;
  readonly isCentre = true;
  readonly #http: CentreHttp;
  readonly #path: string;
  readonly #authorization: Readonly<Record<string, string>>;
  readonly #clock: Clock;
  readonly #pollIntervalMs: number;
  #last: { readonly text: string; readonly validator: Readonly<Record<string, string>> } | null =
    null;

  constructor(location: CentreLocation, options: SourceOptions) {
    const { kind, hosts, path, query, user, password, name } = location;
    const { host } = splitHost(hosts[0] ?? "", 0);
    if (kind === "http" && !["localhost", "127.0.0.1", "[::1]"].includes(host)) {
      throw new TailraceError(
        "CONFIG_UNREADABLE",
        `${name}: a configuration holds secrets, so another machine must be asked by https://`,
      );
    }
    this.name = name;
    this.#path = `/${path}${query === "" ? "" : `?${query}`}`;
    this.#clock = options.clock ?? systemClock;
    this.#pollIntervalMs = options.pollIntervalMs ?? POLL_INTERVAL_MS;
    const token = tokenOf(location, options.env ?? process.env);
    const basic = Buffer.from(`${user}:${password}`).toString("base64");
    const authorization =
      user !== "" && password !== "" ? `Basic ${basic}` : token === "" ? "" : `Bearer ${token}`;
    this.#authorization = authorization === "" ? {} : { authorization };
    const isTls = kind === "https";
    this.#http = new CentreHttp(location, {
      tls: isTls ? "true" : undefined,
      defaultPort: isTls ? 443 : 80,
    });
  }

  async read(signal: AbortSignal): Promise<ConfigTexts> {
    const { status, headers, text } = await this.#http.send({
      path: this.#path,
      headers: {
        accept: "application/toml, application/json, text/plain, */*",
        ...this.#authorization,
        ...this.#last?.validator,
      },
      signal,
    });
    if (status === 304 && this.#last !== null) return centreTexts(this.name, this.#last.text);
    if (status !== 200) throw refuse(this.name, status, "such file");
    const { etag, "last-modified": modified } = headers;
    const validator: Record<string, string> = {};
    if (etag !== undefined) validator["if-none-match"] = etag;
    else if (modified !== undefined) validator["if-modified-since"] = modified;
    this.#last = { text, validator };
    return centreTexts(this.name, text);
  }

  wait(signal: AbortSignal): Promise<void> {
    return this.#clock.sleep(this.#pollIntervalMs, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#http[Symbol.asyncDispose]();
  }
}
