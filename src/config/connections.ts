import type { ElasticsearchSinkConfig, MysqlSourceConfig } from "./config.ts";
import type { Report } from "./problems.ts";
import { parseServerUrl, type ServerUrl } from "./urls.ts";

/** Where the source listens and who we are there. */
export type SourceAddress = Pick<MysqlSourceConfig, "host" | "port" | "user" | "password">;

/** The keys of `[source]` that give the address; whatever is badly written is absent. */
export interface SourceAddressKeys {
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** The keys of `[sink]` that give hosts and credentials; whatever is badly written is absent. */
export interface SinkAddressKeys {
  /** Null stands for a host that is badly written. */
  readonly hosts?: readonly (string | null)[] | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly api_key?: string | undefined;
  readonly bearer_token?: string | undefined;
}

/** Where the source is, from `url` or from `host`, `port`, `user`, `password`; problems are reported at these keys. */
export function readSourceAddress(keys: SourceAddressKeys, reportAt: Report): SourceAddress {
  const report = (key: string, message: string): void => reportAt([key], message);
  let url: Partial<ServerUrl> = {};
  if (keys.url !== undefined) {
    const parsed = parseServerUrl(keys.url, { schemes: ["mysql:", "mariadb:"], allowPath: false });
    if ("problem" in parsed) report("url", parsed.problem);
    else url = parsed;
    for (const key of ["host", "port"] as const) {
      if (keys[key] !== undefined) report(key, "stands beside url, which gives it already");
    }
    for (const key of ["user", "password"] as const) {
      if (keys[key] !== undefined && url[key] !== undefined) {
        report(key, "stands beside url, which gives it already");
      }
    }
  }
  const host = url.host ?? keys.host;
  const user = url.user ?? keys.user;
  if (keys.url === undefined && host === undefined) report("url", "is required (or host)");
  const isUrlBad = keys.url !== undefined && url.host === undefined;
  if (user === undefined && !isUrlBad && (keys.url !== undefined || host !== undefined)) {
    report("user", "is required: in url or on its own");
  }
  return {
    host: host ?? "",
    port: url.port ?? keys.port ?? 3306,
    user: user ?? "",
    password: url.password ?? keys.password ?? "",
  };
}

/** Hosts without credentials and the one way to authenticate; problems are reported at these keys. */
export function readSinkAddress(
  keys: SinkAddressKeys,
  report: Report,
): Pick<ElasticsearchSinkConfig, "hosts" | "auth"> {
  const urls = (keys.hosts ?? []).flatMap((host, i) => {
    if (host === null) return [];
    const parsed = parseServerUrl(host, { schemes: ["http:", "https:"], allowPath: true });
    if (!("problem" in parsed)) return [parsed];
    report(["hosts", i], parsed.problem);
    return [];
  });
  const [first] = urls;
  urls.forEach((url, i) => {
    if (url.user !== first?.user || url.password !== first?.password) {
      report(
        ["hosts", i],
        "has other credentials than the first host; write username and password",
      );
    }
  });
  const username = first?.user ?? keys.username;
  const password = first?.password ?? keys.password;
  const hosts = urls.map((url) => url.origin + url.path);
  const ways = [
    username === undefined ? null : "username",
    keys.api_key === undefined ? null : "api_key",
    keys.bearer_token === undefined ? null : "bearer_token",
  ].filter((way) => way !== null);
  if (ways.length > 1) report([ways[1] ?? ""], `stands beside ${ways[0]}: choose one of them`);
  if (first?.user !== undefined && keys.username !== undefined) {
    report(["username"], "stands beside hosts that give it already");
  }
  if (username === undefined && password !== undefined) report(["password"], "needs a username");
  if (username !== undefined && password === undefined) {
    report(first?.user === undefined ? ["username"] : ["hosts", 0], "needs a password");
  }
  if (username !== undefined) {
    return { hosts, auth: { kind: "basic", username, password: password ?? "" } };
  }
  if (keys.api_key !== undefined) return { hosts, auth: { kind: "apiKey", key: keys.api_key } };
  if (keys.bearer_token !== undefined) {
    return { hosts, auth: { kind: "bearer", token: keys.bearer_token } };
  }
  return { hosts };
}
