import { TailraceError } from "../../core/errors.ts";

/** Where a configuration is, taken apart. */
export type ConfigLocation =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "env"; readonly variable: string }
  | CentreLocation;

/** The kinds of sources that are reached over a network. */
export const CENTRES = ["http", "https", "consul", "etcd", "nacos", "apollo", "zookeeper"] as const;

/** An address on a network. */
export interface CentreLocation {
  readonly kind: (typeof CENTRES)[number];
  /** `host:port`, several of them separated by commas for ZooKeeper and etcd. */
  readonly hosts: readonly string[];
  /** Behind the hosts, without its first slash, still encoded. */
  readonly path: string;
  /** What stands behind the question mark, still encoded. */
  readonly query: string;
  /** Empty when there is none. */
  readonly user: string;
  readonly password: string;
  /** The location without user, password and query. */
  readonly name: string;
}

const LOCATION =
  /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?(#.*)?$/i;

/** Takes a location apart. Throws CONFIG_UNREADABLE, without the location's secrets, for one that cannot be meant. */
export function parseLocation(location: string): ConfigLocation {
  const variable = /^env:([^/].*)$/i.exec(location)?.[1];
  if (variable !== undefined) return { kind: "env", variable };
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) return { kind: "path", path: location };
  const [, scheme = "", userInfo = "", authority = "", path = "", query = ""] =
    LOCATION.exec(location) ?? [];
  const kind = CENTRES.find((each) => each === scheme.toLowerCase());
  if (kind === undefined) {
    const written = /^[a-z0-9+.-]*/i.exec(location)?.[0] ?? "";
    throw new TailraceError(
      "CONFIG_UNREADABLE",
      `a configuration cannot be at ${written}://…: it is a file, a folder, env:NAME, ${CENTRES.map((each) => `${each}://`).join(", ")}`,
    );
  }
  const name = `${kind}://${authority}/${decodeOr(path)}`;
  const hosts = authority.split(",").filter((host) => host !== "");
  if (hosts.length === 0) throw new TailraceError("CONFIG_UNREADABLE", `${kind}://… has no host`);
  const colon = userInfo.indexOf(":");
  const user = colon < 0 ? userInfo : userInfo.slice(0, colon);
  const password = colon < 0 ? "" : userInfo.slice(colon + 1);
  return {
    kind,
    hosts,
    path,
    query,
    user: decodeOr(user),
    password: decodeOr(password),
    name,
  };
}

/** The parameters of a location, of which only `known` ones may be there. Throws CONFIG_UNREADABLE. */
export function readParameters<Name extends string>(
  { name, query }: CentreLocation,
  known: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const parameters: Partial<Record<Name, string>> = {};
  for (const [key, value] of new URLSearchParams(query)) {
    const found = known.find((each) => each === key);
    if (found === undefined) {
      throw new TailraceError(
        "CONFIG_UNREADABLE",
        `${name} has the unknown parameter "${key}"; known: ${known.join(", ")}`,
      );
    }
    parameters[found] = value;
  }
  return parameters;
}

/** The location's path, decoded; throws CONFIG_UNREADABLE when it is empty. `what` says what should be there. */
export function requirePath({ name, path }: CentreLocation, what: string): string {
  if (path !== "") return decodeOr(path);
  throw new TailraceError("CONFIG_UNREADABLE", `${name} lacks ${what} behind the host`);
}

/** The token that stands in the location's user info, alone or as the password, else that of TAILRACE_CONFIG_TOKEN; empty when there is none. */
export function tokenOf(
  { user, password }: CentreLocation,
  env: Readonly<Record<string, string | undefined>>,
): string {
  return password || user || (env["TAILRACE_CONFIG_TOKEN"] ?? "");
}

/** The user of the location with its password, else that of TAILRACE_CONFIG_PASSWORD; null without a user. */
export function accountOf(
  { user, password }: CentreLocation,
  env: Readonly<Record<string, string | undefined>>,
): { readonly user: string; readonly password: string } | null {
  if (user === "") return null;
  return { user, password: password || (env["TAILRACE_CONFIG_PASSWORD"] ?? "") };
}

/** `host` and `port` of a `host:port`, the default port when there is none. IPv6 addresses stand in brackets. */
export function splitHost(
  text: string,
  defaultPort: number,
): { readonly host: string; readonly port: number } {
  const [, host = text, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text) ?? [];
  return { host, port: port === undefined ? defaultPort : Number(port) };
}

function decodeOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
