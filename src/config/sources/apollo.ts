import { createHmac } from "node:crypto";
import { systemClock, type Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import { CentreHttp, parseAnswer, refuse, type CentreAnswer } from "./http.ts";
import { readParameters, requirePath, tokenOf, type CentreLocation } from "./location.ts";
import { centreTexts, type ConfigReader, type ConfigTexts, type SourceOptions } from "./source.ts";

/** The server holds a notification's request for 60 s. */
const NOTIFICATION_MS = 70_000;

/**
 * Reads a namespace of Apollo from its config service (`/configs/APP/CLUSTER/NAMESPACE`) and waits for changes at `/notifications/v2`
 * (https://www.apolloconfig.com/#/en/client/other-language-client-user-guide). The text is the whole of a namespace that is a file (`tailrace.json`,
 * `tailrace.txt`), or one key of a properties namespace. With an access key (TAILRACE_CONFIG_TOKEN, or in the location) requests are signed. Parameters:
 * `key` (default `content`), `ip` and `label` for grey releases, `tls`.
 */
export class ApolloReader implements ConfigReader {
  readonly name: string;
  readonly isCentre = true;
  readonly #http: CentreHttp;
  readonly #appId: string;
  readonly #cluster: string;
  readonly #namespace: string;
  readonly #key: string;
  readonly #scope: Readonly<Record<string, string>>;
  readonly #secret: string;
  readonly #clock: Clock;
  /** Of the last change we were told; -1 = not told of any. */
  #notificationId = -1;

  constructor(location: CentreLocation, options: SourceOptions) {
    const { key, tls, ...scope } = readParameters(location, ["key", "ip", "label", "tls"]);
    const names = requirePath(location, "appId/cluster/namespace").split("/");
    const [appId = "", cluster = "", namespace = ""] = names;
    if (names.length !== 3 || names.includes("")) {
      throw new TailraceError(
        "CONFIG_UNREADABLE",
        `${location.name} must be apollo://host/appId/cluster/namespace`,
      );
    }
    this.name = location.name;
    this.#appId = appId;
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#key = key ?? "content";
    this.#scope = scope;
    this.#secret = tokenOf(location, options.env ?? process.env);
    this.#clock = options.clock ?? systemClock;
    this.#http = new CentreHttp(location, { tls, defaultPort: 8080 });
  }

  async read(signal: AbortSignal): Promise<ConfigTexts> {
    const path = ["/configs", this.#appId, this.#cluster, this.#namespace];
    const parameters: Record<string, string> = { ...this.#scope };
    if (this.#notificationId >= 0) {
      // servers with a cache must not answer with what was before that change
      const place = `${this.#appId}+${this.#cluster}+${this.#namespace}`;
      parameters["messages"] = JSON.stringify({ details: { [place]: this.#notificationId } });
    }
    const { status, text } = await this.#get(path, parameters, { signal });
    if (status !== 200) throw refuse(this.name, status, "such namespace, or no release of it");
    const { configurations } = parseAnswer(this.name, text) as {
      readonly configurations?: Readonly<Record<string, string>>;
    };
    const found = configurations?.[this.#key];
    if (typeof found === "string") return centreTexts(this.name, found);
    throw new TailraceError("CONFIG_UNREADABLE", `${this.name} has no key "${this.#key}"`);
  }

  async wait(signal: AbortSignal): Promise<void> {
    const known = [{ namespaceName: this.#namespace, notificationId: this.#notificationId }];
    const { status, text } = await this.#get(
      ["/notifications", "v2"],
      { appId: this.#appId, cluster: this.#cluster, notifications: JSON.stringify(known) },
      { signal, timeoutMs: NOTIFICATION_MS },
    );
    if (status === 304) return;
    if (status !== 200) throw refuse(this.name, status, "such namespace");
    const news = parseAnswer(this.name, text) as readonly { readonly notificationId: number }[];
    this.#notificationId = news[0]?.notificationId ?? this.#notificationId;
  }

  #get(
    segments: readonly string[],
    parameters: Readonly<Record<string, string>>,
    options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
  ): Promise<CentreAnswer> {
    const [first = "", ...rest] = segments;
    const query = new URLSearchParams(parameters).toString();
    const path = `${[first, ...rest.map(encodeURIComponent)].join("/")}${query === "" ? "" : `?${query}`}`;
    return this.#http.send({ path, headers: this.#sign(path), ...options });
  }

  /** HMAC-SHA1 of time and path under the access key. */
  #sign(path: string): Readonly<Record<string, string>> {
    if (this.#secret === "") return {};
    const timestamp = String(Math.floor(this.#clock.now()));
    const signature = createHmac("sha1", this.#secret)
      .update(`${timestamp}\n${path}`)
      .digest("base64");
    return { authorization: `Apollo ${this.#appId}:${signature}`, timestamp };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#http[Symbol.asyncDispose]();
  }
}
