import { environmentReader } from "./environment.ts";
import { FileReader } from "./files.ts";
import { parseLocation, type CentreLocation } from "./location.ts";
import type { ConfigReader, ConfigSource, SourceOptions } from "./source.ts";
import { WatchedSource } from "./watched-source.ts";

/**
 * Opens the source of a configuration: a file, a folder, `env:NAME`, `https://…`, `consul://host:8500/key`, `etcd://host:2379/key`,
 * `nacos://host:8848/dataId?group=…`, `apollo://host:8080/appId/cluster/namespace` or `zookeeper://h1:2181,h2:2181/path`. Nothing is read or connected
 * yet. Throws CONFIG_UNREADABLE for a location that cannot be meant.
 */
export async function openConfigSource(
  location: string,
  options: SourceOptions = {},
): Promise<ConfigSource> {
  return new WatchedSource(await openReader(location, options), options);
}

async function openReader(location: string, options: SourceOptions): Promise<ConfigReader> {
  const parsed = parseLocation(location);
  switch (parsed.kind) {
    case "path":
      return new FileReader(parsed.path, options);
    case "env":
      return environmentReader(parsed.variable, options.env ?? process.env);
    default:
      return openCentre(parsed, options);
  }
}

/** The clients of centres are loaded only when they are meant. */
async function openCentre(location: CentreLocation, options: SourceOptions): Promise<ConfigReader> {
  switch (location.kind) {
    case "http":
    case "https":
      return new (await import("./web.ts")).WebReader(location, options);
    case "consul":
      return new (await import("./consul.ts")).ConsulReader(location, options);
    case "etcd":
      return new (await import("./etcd.ts")).EtcdReader(location, options);
    case "nacos":
      return new (await import("./nacos.ts")).NacosReader(location, options);
    case "apollo":
      return new (await import("./apollo.ts")).ApolloReader(location, options);
    case "zookeeper":
      return new (await import("./zookeeper.ts")).ZookeeperReader(location, options);
  }
}
