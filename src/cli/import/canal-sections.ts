import type { CanalAdapter, CanalApplication, CanalDataSource } from "./canal-application.ts";
import { type ImportNote, type TomlValue, VARIABLES } from "./imported.ts";

/** Where Canal's adapter reads and writes. */
export interface CanalPlace {
  /** `tcp`, `kafka`, `rocketMQ`, `rabbitMQ`. */
  readonly mode: string;
  readonly application: CanalApplication;
  readonly destination: string;
  readonly group: string | undefined;
  readonly dataSource: CanalDataSource | null;
  readonly adapter: CanalAdapter | undefined;
}

/** A section of ours, and what there is to say about it. */
export interface CanalSection {
  readonly keys: Readonly<Record<string, TomlValue>>;
  readonly notes: readonly ImportNote[];
}

/** `[source]`: the MySQL server itself, or the topic with Canal's records where the mode is kafka. */
export function canalSource(place: CanalPlace): CanalSection {
  const { mode, application, destination } = place;
  const mysql = mysqlUrl(place);
  const property = (name: string): string | undefined =>
    application.get(`canal.conf.consumerProperties.${name}`);
  const isFlat = application.get("canal.conf.flatMessage") !== "false";
  if (mode.toLowerCase() === "kafka" && isFlat) {
    const brokers = property("kafka.bootstrap.servers") ?? application.get("canal.conf.mqServers");
    const start = property("kafka.auto.offset.reset") === "earliest" ? "earliest" : "latest";
    return {
      keys: {
        type: "kafka",
        brokers: (brokers ?? "127.0.0.1:9092").split(",").map((broker) => broker.trim()),
        topics: [destination],
        group: place.group ?? place.adapter?.group ?? "default",
        format: "canal",
        start,
        mysql: mysql.url,
      },
      notes: [
        ...mysql.notes,
        note(
          "canal.conf.mode",
          "the records are read by the same consumer group.",
          "Stop Canal's adapter first: this goes on at the group's offsets.",
        ),
      ],
    };
  }
  return {
    keys: { url: mysql.url },
    notes: [...mysql.notes, modeNote(mode)],
  };
}

/** `[sink]`, and with a certificate authority `[sink.tls]`. */
export function canalSink({
  adapter,
}: CanalPlace): CanalSection & { readonly more: Readonly<Record<string, CanalSection["keys"]>> } {
  const notes: ImportNote[] = [];
  if (adapter === undefined || adapter.hosts.length === 0)
    notes.push(
      note(
        "outerAdapters",
        "no Elasticsearch adapter with hosts was found.",
        "Write the cluster's URLs into sink.hosts.",
      ),
    );
  const isTransport = adapter?.mode.toLowerCase() === "transport" && adapter.folder !== "es8";
  if (isTransport && adapter.hosts.some((host) => host.endsWith(":9300")))
    notes.push(
      note(
        "outerAdapters.hosts",
        "the transport protocol (port 9300) is not spoken.",
        "Port 9200 was written in its place: look whether HTTP is there.",
      ),
    );
  const scheme = adapter?.ca ? "https" : "http";
  const hosts = (adapter?.hosts.length ? adapter.hosts : ["127.0.0.1:9200"]).map((host) => {
    const address = isTransport ? host.replace(/:9300$/, ":9200") : host;
    return /^https?:\/\//.test(address) ? address : `${scheme}://${address}`;
  });
  const [username, password] = adapter?.auth?.split(":") ?? [];
  const keys = {
    hosts,
    ...(username && password !== undefined
      ? {
          username: username.replaceAll("${", "$$${"),
          password: `\${env:${VARIABLES.elasticsearch}}`,
        }
      : {}),
  };
  return { keys, notes, more: adapter?.ca ? { "sink.tls": { ca: adapter.ca } } : {} };
}

function mysqlUrl({ dataSource }: CanalPlace): {
  readonly url: string;
  readonly notes: readonly ImportNote[];
} {
  const password = `\${env:${VARIABLES.mysql}}`;
  if (dataSource === null)
    return {
      url: `mysql://USER:${password}@127.0.0.1:3306`,
      notes: [
        note(
          "srcDataSources",
          "the data source of the mappings was not found, and with it the server and the database.",
          "Write the server and the user into the URL, and the database in place of DATABASE.",
        ),
      ],
    };
  const user = encodeURIComponent(dataSource.user);
  const secret = dataSource.hasPassword ? `:${password}` : "";
  return { url: `mysql://${user}${secret}@${dataSource.host}`, notes: [] };
}

function modeNote(mode: string): ImportNote {
  const isTcp = mode.toLowerCase() === "tcp";
  return note(
    "canal.conf.mode",
    isTcp
      ? "the Canal server is not needed: its place is taken by a replica's connection to MySQL."
      : `records of ${mode}${mode.toLowerCase() === "kafka" ? " that are not flat messages" : ""} cannot be read: the MySQL server is read instead.`,
    "The user needs REPLICATION SLAVE, REPLICATION CLIENT and SELECT (`tailrace check`). All rows are loaded, and then the log is followed.",
  );
}

function note(key: string, message: string, remedy: string): ImportNote {
  return { place: `application.yml: ${key}`, message, remedy };
}
