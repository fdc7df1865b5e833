import { parse as parseToml } from "smol-toml";
import { z } from "zod";
import { parseDuration } from "../../config/units.ts";
import {
  type ImportedConfig,
  type ImportNote,
  nameOf,
  type TomlValue,
  VARIABLES,
} from "./imported.ts";
import { importRiverRules } from "./river-rules.ts";
import { parseRiver, type River } from "./river-schema.ts";

/** What was read of a file besides its text. */
export interface RiverFile {
  /** Its name in messages. */
  readonly file: string;
  /** The position of master.info in its data_dir, where that was found. */
  readonly position?: { readonly file: string; readonly position: number } | undefined;
}

/** go-mysql-elasticsearch's river.toml in our words. Throws CONFIG_UNREADABLE and CONFIG_INVALID. */
export function importRiver(text: string, options: RiverFile): ImportedConfig {
  const config = parseRiver(text, options.file);
  const note = (key: string, message: string, remedy: string): ImportNote => ({
    place: `${options.file}: ${key}`,
    message,
    remedy,
  });
  return {
    origin: `go-mysql-elasticsearch's ${options.file}`,
    name: nameOf(config.source[0]?.schema ?? "", "river"),
    sections: { source: mysqlSection(config, options), sink: sinkSection(config) },
    rules: importRiverRules(config, options.file),
    notes: [...generalNotes(config, options, note)],
    variables: [
      ...(config.my_pass === "" ? [] : [VARIABLES.mysql]),
      ...(config.es_pass === "" ? [] : [VARIABLES.elasticsearch]),
    ],
  };
}

/** The part of a river.toml that tells where its position is kept; null where it has none. Throws as {@link importRiver}. */
export function riverDataFolder(text: string, file: string): string | null {
  return parseRiver(text, file).data_dir ?? null;
}

/** The position in a master.info (river/master.go); undefined when it has none. */
export function readMasterInfo(text: string): RiverFile["position"] {
  const shape = z.object({ bin_name: z.string().min(1), bin_pos: z.int().min(4) });
  const parsed = shape.safeParse(parseToml(text));
  if (!parsed.success) return undefined;
  return { file: parsed.data.bin_name, position: parsed.data.bin_pos };
}

function mysqlSection(config: River, options: RiverFile): Readonly<Record<string, TomlValue>> {
  const user = encodeURIComponent(config.my_user);
  const password = config.my_pass === "" ? "" : `:\${env:${VARIABLES.mysql}}`;
  const address = config.my_addr.includes("/") ? "127.0.0.1:3306" : config.my_addr;
  return {
    url: `mysql://${user}${password}@${address}`,
    ...(options.position === undefined ? {} : { start: options.position }),
    ...(config.server_id === undefined ? {} : { server_id: config.server_id }),
  };
}

function sinkSection(config: River): Readonly<Record<string, TomlValue>> {
  const flushMs = parseDuration(config.flush_bulk_time ?? "");
  return {
    hosts: [`${config.es_https ? "https" : "http"}://${config.es_addr}`],
    ...(config.es_user === "" ? {} : { username: config.es_user.replaceAll("${", "$$${") }),
    ...(config.es_pass === "" ? {} : { password: `\${env:${VARIABLES.elasticsearch}}` }),
    ...(flushMs === null || flushMs < 1 || flushMs > 60_000
      ? {}
      : { flush_interval: config.flush_bulk_time ?? "" }),
  };
}

function* generalNotes(
  config: River,
  options: RiverFile,
  note: (key: string, message: string, remedy: string) => ImportNote,
): Generator<ImportNote> {
  const { my_addr: address, server_id: serverId, bulk_size: bulkSize } = config;
  if (address.includes("/")) {
    yield note(
      "my_addr",
      "is a socket's path.",
      "Write the server's host and port into source.url.",
    );
  }
  if (options.position === undefined) {
    yield note(
      "data_dir",
      "the position that was reached (master.info) was not found.",
      'All rows are loaded, and then the log is followed. To go on there instead, write it as start = { file = "…", position = … } into [source].',
    );
  }
  if (config.mysqldump !== undefined && config.mysqldump !== "") {
    yield note(
      "mysqldump",
      "rows are not dumped: without source.start they are loaded by SELECT, beside the stream.",
      "With source.start, `tailrace load` does it.",
    );
  }
  if (serverId !== undefined) {
    yield note(
      "server_id",
      `two replicas of a server may not share an id (${serverId}).`,
      "Stop go-mysql-elasticsearch before this runs, or choose another.",
    );
  }
  if (bulkSize !== undefined) {
    yield note(
      "bulk_size",
      "batches grow by themselves while a request is in flight.",
      "Nothing to do; sink.max_actions and sink.max_bytes bound them.",
    );
  }
  if (config.stat_addr !== undefined && config.stat_addr !== "") {
    yield note(
      "stat_addr",
      "the metrics have other names.",
      "Set an address for them in [admin] (docs/configuration.md) and change what reads them.",
    );
  }
  if (config.skip_no_pk_table) {
    yield note(
      "skip_no_pk_table",
      "a table without a primary key is an error here unless its rule names an id.",
      "`tailrace check` names such tables: give their rule an id of unique NOT NULL columns, or a pattern that leaves them out.",
    );
  }
  yield note(
    "values",
    "dates and times were written in the machine's zone.",
    "TIMESTAMP is in UTC now, and DATETIME has no zone (at_zone gives it one): `tailrace check` compares with the mapping of an index that exists.",
  );
}
