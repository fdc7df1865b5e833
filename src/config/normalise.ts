import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { DirectConfig, RuleConfig, StartPoint, StoreConfig } from "./config.ts";
import { readSinkAddress, readSourceAddress } from "./connections.ts";
import type { ConfigProblem } from "./problems.ts";
import type { ConfigDocument } from "./schema.ts";
import type { RuleDocument } from "./schema-rule.ts";
import { readTls, reportBelow, type FileSources } from "./tls.ts";

/** What a configuration's meaning depends on besides its text. */
export interface NormaliseOptions extends FileSources {
  /** This machine's name; part of the default server id. */
  readonly hostname: string;
}

/** The configuration as the program uses it, from a document that has passed the schema; problems are added. */
export function normaliseConfig(
  document: ConfigDocument,
  options: NormaliseOptions,
  problems: ConfigProblem[],
): DirectConfig {
  const { source, sink } = document;
  const state = normaliseStore(document.state, options);
  return {
    topology: "direct",
    name: document.name,
    drainTimeoutMs: document.drain_timeout,
    source: {
      type: source.type,
      ...readSourceAddress(source, problems),
      ...(source.tls && {
        tls: readTls(source.tls, options, reportBelow(["source", "tls"], problems)),
      }),
      ...optional("start", source.start === undefined ? undefined : toStartPoint(source.start)),
      serverId: source.server_id ?? deriveServerId(document.name, options.hostname),
      gtid: source.gtid,
      heartbeatIntervalMs: source.heartbeat_interval,
      connectTimeoutMs: source.connect_timeout,
    },
    sink: {
      type: sink.type,
      ...readSinkAddress(sink, problems),
      ...(sink.tls && { tls: readTls(sink.tls, options, reportBelow(["sink", "tls"], problems)) }),
      lanes: sink.lanes,
      maxActions: sink.max_actions,
      maxBytes: sink.max_bytes,
      flushIntervalMs: sink.flush_interval,
      requestTimeoutMs: sink.request_timeout,
      onReject: sink.on_reject,
    },
    state,
    deadLetters:
      document.dead_letters === undefined
        ? besideState(state)
        : normaliseStore(document.dead_letters, options),
    log: { level: document.log.level, ...optional("format", document.log.format) },
    rules: document.rules.map(normaliseRule),
  };
}

/** A replica id for a pipeline on a machine: stable, and above 3,000,000,000, where people seldom number their servers. */
export function deriveServerId(name: string, hostname: string): number {
  const hash = createHash("sha256").update(`${name}\0${hostname}`).digest().readUInt32BE(0);
  return 3_000_000_000 + (hash % (0xffff_ffff - 3_000_000_000));
}

function toStartPoint(start: NonNullable<ConfigDocument["source"]["start"]>): StartPoint {
  if (typeof start === "string") return { kind: start };
  if ("file" in start) return { kind: "position", file: start.file, position: start.position };
  return { kind: "gtid", gtidSet: start.gtid_set };
}

function normaliseStore(store: ConfigDocument["state"], { folder }: NormaliseOptions): StoreConfig {
  return store.type === "file" ? { type: "file", path: resolve(folder, store.path) } : store;
}

function besideState(state: StoreConfig): StoreConfig {
  return state.type === "file" ? state : { type: "elasticsearch", index: "tailrace-dead-letters" };
}

function normaliseRule(rule: RuleDocument): RuleConfig {
  return {
    table: rule.table,
    index: rule.index,
    ...optional("id", rule.id),
    ...optional("include", rule.fields.include),
    exclude: rule.fields.exclude ?? [],
    rename: rule.fields.rename,
    upsert: rule.upsert,
    createIndex: rule.create_index,
    dynamic: rule.dynamic,
    decimals: rule.decimals,
    onTruncate: rule.on_truncate,
  };
}

/** `{ [key]: value }`, or nothing when the value is undefined. */
function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: Value });
}
