import { readFileSync } from "node:fs";
import { TailraceError } from "../../core/errors.ts";
import { accountOf, readParameters, requirePath, splitHost } from "./location.ts";
import type { CentreLocation } from "./location.ts";
import { centreTexts, type ConfigReader, type ConfigTexts, type SourceOptions } from "./source.ts";
import { decodeBuffer, encodeGetData, OPERATION, ZK_ERROR } from "./zookeeper-protocol.ts";
import type { SessionIdentity } from "./zookeeper-protocol.ts";
import { SessionExpiredError, ZookeeperConnection, ZookeeperError } from "./zookeeper-session.ts";

/**
 * Reads a node of ZooKeeper with a watch on it. The session goes on over another server when a connection is lost, and a new one begins when it has expired; the
 * node is read anew in either case, so that no change is missed. `user:password@` authenticates by digest. Parameters: `tls`.
 */
export class ZookeeperReader implements ConfigReader {
  readonly name: string;
  readonly isCentre = true;
  readonly #hosts: readonly { readonly host: string; readonly port: number }[];
  readonly #path: string;
  readonly #account: { readonly user: string; readonly password: string } | null;
  readonly #tls: { readonly ca?: string | undefined } | undefined;
  #next: number;
  #connection: ZookeeperConnection | null = null;
  #session: SessionIdentity | null = null;
  #lastZxid = 0n;
  #isChanged = false;
  #wake: (() => void) | null = null;

  constructor(location: CentreLocation, { env = process.env, clock }: SourceOptions) {
    const { tls } = readParameters(location, ["tls"]);
    this.name = location.name;
    this.#path = `/${requirePath(location, "the path")}`;
    this.#hosts = location.hosts.map((each) => {
      const { host, port } = splitHost(each, 2181);
      return { host: host.replaceAll(/^\[|\]$/g, ""), port };
    });
    this.#account = accountOf(location, env);
    this.#tls = readTls(tls, location.name);
    // not all replicas of ours at the same server
    this.#next = Math.floor((clock?.random() ?? Math.random()) * this.#hosts.length);
  }

  async read(signal: AbortSignal): Promise<ConfigTexts> {
    const connection = await this.#connect(signal);
    this.#isChanged = false;
    connection.onChange(() => {
      this.#isChanged = true;
      this.#wake?.();
    });
    try {
      const answer = await connection.request(OPERATION.getData, encodeGetData(this.#path, true));
      return centreTexts(this.name, decodeBuffer(answer, 0).toString("utf8"));
    } catch (error) {
      throw this.#translate(error);
    }
  }

  async wait(signal: AbortSignal): Promise<void> {
    if (this.#isChanged || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    this.#wake = wake;
    signal.addEventListener("abort", wake, { once: true });
    await promise;
    signal.removeEventListener("abort", wake);
    this.#wake = null;
  }

  async #connect(signal: AbortSignal): Promise<ZookeeperConnection> {
    if (this.#connection !== null && !this.#connection.isLost) return this.#connection;
    this.#lastZxid = this.#connection?.lastZxid ?? this.#lastZxid;
    this.#connection = null;
    let failure: unknown;
    for (let tries = 0; tries < this.#hosts.length && !signal.aborted; tries += 1) {
      const at = this.#hosts[this.#next % this.#hosts.length];
      if (at === undefined) break;
      const session = this.#session;
      try {
        this.#connection = await ZookeeperConnection.open({
          ...at,
          tls: this.#tls,
          account: this.#account,
          session,
          // a new ensemble in the old one's place counts from the beginning
          lastZxid: session === null ? 0n : this.#lastZxid,
          signal,
        });
        this.#session = this.#connection.identity;
        return this.#connection;
      } catch (error) {
        failure = error;
        // one that is not there says nothing about the session; one that closes may be behind what it has seen, so the next try begins a new one
        if ((error as NodeJS.ErrnoException).code === undefined) this.#session = null;
        if (error instanceof SessionExpiredError && session !== null) tries -= 1;
        else this.#next += 1;
      }
    }
    throw this.#translate(failure);
  }

  #translate(error: unknown): TailraceError {
    if (error instanceof ZookeeperError) {
      if (error.number === ZK_ERROR.noNode) {
        return new TailraceError("CONFIG_UNREADABLE", `${this.name}: there is no such node`);
      }
      if (error.number === ZK_ERROR.noAuth || error.number === ZK_ERROR.authFailed) {
        return new TailraceError("CONFIG_UNREADABLE", `${this.name} refuses our credentials`);
      }
    }
    const { code } = (error ?? {}) as NodeJS.ErrnoException;
    const why = error instanceof Error ? error.message : "no answer";
    return new TailraceError(
      "CONFIG_CENTRE_UNAVAILABLE",
      `${this.name}: ${code === undefined ? why : `no connection (${code})`}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.close();
  }
}

function readTls(tls: string | undefined, name: string): { readonly ca?: string } | undefined {
  if (tls === undefined || tls === "false") return undefined;
  if (tls === "true") return {};
  try {
    return { ca: readFileSync(tls, "utf8") };
  } catch (error) {
    throw new TailraceError(
      "CONFIG_UNREADABLE",
      `the certificates of ${name} cannot be read from ${tls}`,
      { cause: error },
    );
  }
}
