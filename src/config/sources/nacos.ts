import { createHash } from "node:crypto";
import { systemClock, type Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import { CentreHttp, parseAnswer, refuse, type CentreAnswer } from "./http.ts";
import { accountOf, readParameters, requirePath, type CentreLocation } from "./location.ts";
import { centreTexts, type ConfigReader, type ConfigTexts, type SourceOptions } from "./source.ts";

/** How long the server holds a listener's request. */
const LISTEN_MS = 30_000;

/** Separate the words of a listener's request, and its entries. */
const [WORD, ENTRY] = ["\u0002", "\u0001"];

/** A token is asked for anew when this part of its life is over. */
const TOKEN_USE = 0.8;

/** What a configuration is asked by: the API of Nacos 1 and 2, or that of Nacos 3. */
type Api = "v1" | "v3";

/**
 * Reads a configuration of Nacos through its open API: `/nacos/v1/cs/configs` with the long-polling `listener`
 * (https://nacos.io/en/docs/latest/open-api), and where a server has that no more, `/nacos/v3/client/cs/config`, which is asked every now and then, for it
 * has no listener over HTTP. Parameters: `group` (default DEFAULT_GROUP), `namespace`, `tls`.
 */
export class NacosReader implements ConfigReader {
  readonly name: string;
  readonly isCentre = true;
  readonly #http: CentreHttp;
  readonly #dataId: string;
  readonly #group: string;
  readonly #namespace: string;
  readonly #account: { readonly user: string; readonly password: string } | null;
  readonly #clock: Clock;
  readonly #pollIntervalMs: number;
  #token: { readonly text: string; readonly untilMs: number } | null = null;
  #api: Api = "v1";
  #md5 = "";

  constructor(location: CentreLocation, options: SourceOptions) {
    const parameters = readParameters(location, ["group", "namespace", "tls"]);
    this.#dataId = requirePath(location, "the data id");
    this.#group = parameters.group ?? "DEFAULT_GROUP";
    this.#namespace = parameters.namespace ?? "";
    const scope = [this.#namespace, this.#group].filter((text) => text !== "").join(", ");
    this.name = `${location.name} (${scope})`;
    this.#account = accountOf(location, options.env ?? process.env);
    this.#clock = options.clock ?? systemClock;
    this.#pollIntervalMs = options.pollIntervalMs ?? LISTEN_MS;
    this.#http = new CentreHttp(location, { tls: parameters.tls, defaultPort: 8848 });
  }

  async read(signal: AbortSignal): Promise<ConfigTexts> {
    const text = await this.#read(signal);
    this.#md5 = createHash("md5").update(text).digest("hex");
    return centreTexts(this.name, text);
  }

  async wait(signal: AbortSignal): Promise<void> {
    if (this.#api === "v3") return this.#clock.sleep(this.#pollIntervalMs, signal);
    const words = [this.#dataId, this.#group, this.#md5];
    if (this.#namespace !== "") words.push(this.#namespace);
    const { status } = await this.#http.send({
      method: "POST",
      path: `/nacos/v1/cs/configs/listener${await this.#query({}, signal)}`,
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "long-pulling-timeout": String(LISTEN_MS),
      },
      body: new URLSearchParams({
        "Listening-Configs": `${words.join(WORD)}${ENTRY}`,
      }).toString(),
      signal,
      timeoutMs: LISTEN_MS + 10_000,
    });
    this.#checkCredentials(status);
    if (status !== 200) throw refuse(this.name, status, "listener for configurations");
  }

  async #read(signal: AbortSignal): Promise<string> {
    if (this.#api === "v1") {
      const { status, text } = await this.#get(
        "/nacos/v1/cs/configs",
        { dataId: this.#dataId, group: this.#group, tenant: this.#namespace },
        signal,
      );
      if (status === 200) return text;
      this.#checkCredentials(status);
      // without these words it is the API that is not there
      const isKnown = status === 404 && /config data not exist/i.test(text);
      if (isKnown || (status !== 404 && status !== 410)) {
        throw refuse(this.name, status, "such configuration");
      }
    }
    const { status, text } = await this.#get(
      "/nacos/v3/client/cs/config",
      { dataId: this.#dataId, groupName: this.#group, namespaceId: this.#namespace },
      signal,
    );
    this.#checkCredentials(status);
    if (status !== 200) throw refuse(this.name, status, "such configuration");
    const answer = parseAnswer(this.name, text) as V3Answer;
    if (answer.code !== 0 || typeof answer.data?.content !== "string") {
      throw refuse(this.name, answer.code === RESOURCE_NOT_FOUND ? 404 : 400, "such configuration");
    }
    this.#api = "v3";
    return answer.data.content;
  }

  #checkCredentials(status: number): void {
    if (status !== 401 && status !== 403) return;
    // it may have become invalid by a restart
    this.#token = null;
    throw refuse(this.name, status, "");
  }

  async #get(
    path: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<CentreAnswer> {
    return this.#http.send({ path: `${path}${await this.#query(parameters, signal)}`, signal });
  }

  async #query(parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string> {
    const all = Object.entries(parameters).filter(([, value]) => value !== "");
    if (this.#account !== null) {
      if (this.#token === null || this.#token.untilMs < this.#clock.now())
        await this.#login(signal);
      all.push(["accessToken", this.#token?.text ?? ""]);
    }
    return all.length === 0 ? "" : `?${new URLSearchParams(all).toString()}`;
  }

  async #login(signal: AbortSignal): Promise<void> {
    const { user: username = "", password = "" } = this.#account ?? {};
    const login = (path: string): Promise<CentreAnswer> =>
      this.#http.send({
        method: "POST",
        path,
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ username, password }).toString(),
        signal,
      });
    let answer = await login("/nacos/v1/auth/login");
    if (answer.status === 404 || answer.status === 410) {
      answer = await login("/nacos/v3/auth/user/login");
    }
    if (answer.status !== 200) throw refuse(this.name, answer.status, "login");
    const { accessToken, tokenTtl } = parseAnswer(this.name, answer.text) as {
      readonly accessToken?: string;
      readonly tokenTtl?: number;
    };
    if (typeof accessToken !== "string") {
      throw new TailraceError("CONFIG_UNREADABLE", `${this.name} gives no token for our account`);
    }
    const lifeMs = (tokenTtl ?? 0) * 1_000 * TOKEN_USE;
    this.#token = { text: accessToken, untilMs: this.#clock.now() + lifeMs };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#http[Symbol.asyncDispose]();
  }
}

/** An answer of the v3 API. */
interface V3Answer {
  readonly code?: number;
  readonly data?: { readonly content?: string } | null;
}

const RESOURCE_NOT_FOUND = 20_004;
