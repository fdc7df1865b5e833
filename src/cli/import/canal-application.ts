import { parse as parseYaml } from "yaml";

/** application.yml of Canal's adapter: keys as Spring flattens them, `canal.conf.canalAdapters[0].instance`, to their texts. */
export type CanalApplication = ReadonlyMap<string, string>;

/** An Elasticsearch adapter of application.yml. */
export interface CanalAdapter {
  /** `es6`, `es7`, `es8` or `es`: the folder of its mappings. */
  readonly folder: string;
  /** What a mapping names as outerAdapterKey. */
  readonly key: string | null;
  /** The Canal instance, or the topic. */
  readonly instance: string;
  readonly group: string;
  readonly hosts: readonly string[];
  /** `transport`, `rest`, `http`. */
  readonly mode: string;
  /** `user:password`. */
  readonly auth: string | null;
  /** Path of the certificate authority. */
  readonly ca: string | null;
}

/** A data source of application.yml. */
export interface CanalDataSource {
  readonly host: string;
  readonly database: string;
  readonly user: string;
  readonly hasPassword: boolean;
}

/** Reads an application.yml. Throws yaml's errors. */
export function readApplication(text: string): CanalApplication {
  const keys = new Map<string, string>();
  flatten(parseYaml(text), "", keys);
  return keys;
}

/** `canal.conf.mode`. */
export function canalMode(application: CanalApplication): string {
  return application.get("canal.conf.mode") ?? "tcp";
}

/** The adapters that write Elasticsearch, and the names of the others. */
export function canalAdapters(application: CanalApplication): {
  readonly adapters: readonly CanalAdapter[];
  readonly others: readonly string[];
} {
  const adapters: CanalAdapter[] = [];
  const others: string[] = [];
  for (const [key, name] of application) {
    const match =
      /^(canal\.conf\.canalAdapters\[\d+\])(\.groups\[\d+\])(\.outerAdapters\[\d+\])\.name$/.exec(
        key,
      );
    if (match === null) continue;
    const [, top = "", group = "", own = ""] = match;
    const get = (at: string): string | null => application.get(at) ?? null;
    const property = (of: string): string | null => get(`${top}${group}${own}.properties.${of}`);
    if (!/^es\d*$/.test(name)) others.push(name);
    else
      adapters.push({
        folder: name,
        key: get(`${top}${group}${own}.key`),
        instance: get(`${top}.instance`) ?? "",
        group: get(`${top}${group}.groupId`) ?? "default",
        hosts: (get(`${top}${group}${own}.hosts`) ?? "")
          .split(",")
          .map((host) => host.trim())
          .filter(Boolean),
        mode: property("mode") ?? "transport",
        auth: property("security.auth"),
        ca: property("security.ca.path"),
      });
  }
  return { adapters, others };
}

/** `canal.conf.srcDataSources.KEY`; null where it is missing or its URL is none of JDBC. */
export function canalDataSource(
  application: CanalApplication,
  key: string,
): CanalDataSource | null {
  const at = `canal.conf.srcDataSources.${key}`;
  const url = application.get(`${at}.url`) ?? "";
  const match = /^jdbc:(?:mysql|mariadb)(?::\w+)?:\/\/([^/,?]+)[^/?]*\/([^?]*)/.exec(url);
  if (match === null) return null;
  const [, host = "", database = ""] = match;
  const password = application.get(`${at}.password`) ?? "";
  return {
    host,
    database,
    user: application.get(`${at}.username`) ?? "root",
    hasPassword: password !== "",
  };
}

/** Nested keys as Spring's relaxed binding sees them, whether they are written nested or with dots; placeholders with a default become it. */
function flatten(value: unknown, at: string, keys: Map<string, string>): void {
  if (Array.isArray(value)) value.forEach((each, i) => flatten(each, `${at}[${i}]`, keys));
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value))
      flatten(inner, at === "" ? key : `${at}.${key}`, keys);
  else if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    keys.set(at, `${value}`.replaceAll(/\$\{[^:}]*:([^}]*)\}/g, "$1"));
}
