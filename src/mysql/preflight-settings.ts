import type { Finding } from "../core/finding.ts";
import { REPLICA_HOST } from "./dump-packets.ts";
import type { ServerDescription } from "./server.ts";
import type { RegisteredReplica } from "./server-id-claim.ts";

/** What a server says of itself, as far as it matters to a replica by rows. */
export interface SourceSettings {
  readonly server: ServerDescription;
  /** Global variables by name; those that this version does not have are absent. */
  readonly variables: ReadonlyMap<string, string>;
  readonly replicas: readonly RegisteredReplica[];
  /** Our server id. */
  readonly serverId: number;
  /** Does the server itself replicate from another one? */
  readonly isReplica: boolean;
}

const DAY_S = 86_400;
const MIN_PACKET_BYTES = 4 * 1024 * 1024;

/** What the settings mean for a run, one finding each. Pure. */
export function evaluateSettings(settings: SourceSettings): readonly Finding[] {
  return [
    version(settings),
    binaryLog(settings),
    binlogFormat(settings),
    rowImage(settings),
    rowMetadata(settings),
    rowValueOptions(settings),
    gtids(settings),
    serverId(settings),
    retention(settings),
    relayedUpdates(settings),
    compression(settings),
    packetSize(settings),
  ].filter((finding) => finding !== undefined);
}

function version({ server }: SourceSettings): Finding {
  const oldest = server.flavor === "mysql" ? 50_700 : 100_400;
  const check = "server version";
  if (server.versionNumber >= oldest) return ok(check, server.version);
  const message = `${server.version} is older than MySQL 5.7 and MariaDB 10.4, the oldest versions supported`;
  return { severity: "error", check, message, remedy: "Upgrade the server." };
}

function binaryLog({ variables }: SourceSettings): Finding {
  if (isOn(variables.get("log_bin"))) return ok("log_bin", "is ON");
  const message = "is OFF: the server writes no binary log";
  const remedy =
    "Put log_bin = binlog under [mysqld] in the server's configuration and restart it.";
  return { severity: "error", check: "log_bin", message, remedy };
}

function binlogFormat(settings: SourceSettings): Finding | undefined {
  const value = settings.variables.get("binlog_format");
  // MySQL has announced its end: then every change is logged by rows.
  if (value === undefined) return undefined;
  if (value === "ROW") return ok("binlog_format", "is ROW");
  const message = `is ${value}: changes logged as statements cannot be followed`;
  const remedy = `${setGlobal(settings, "binlog_format", "'ROW'")} Sessions that are open keep the old format until they reconnect.`;
  return { severity: "error", check: "binlog_format", message, remedy };
}

function rowImage(settings: SourceSettings): Finding {
  const value = settings.variables.get("binlog_row_image") ?? "FULL";
  const check = "binlog_row_image";
  if (value === "FULL") return ok(check, "is FULL");
  const message = `is ${value}: every updated row has to be read again from the server`;
  return { severity: "warning", check, message, remedy: setGlobal(settings, check, "'FULL'") };
}

function rowMetadata(settings: SourceSettings): Finding {
  const check = "binlog_row_metadata";
  const value = settings.variables.get(check);
  if (value === "FULL") return ok(check, "is FULL");
  const consequence =
    "the log does not name columns, and after an ALTER TABLE older events may not be readable";
  if (value === undefined) {
    const remedy = "Upgrade to MySQL 8.0 or MariaDB 10.5, or alter tables only while nothing lags.";
    return { severity: "warning", check, message: `does not exist here: ${consequence}`, remedy };
  }
  const remedy = setGlobal(settings, check, "'FULL'");
  return { severity: "warning", check, message: `is ${value}: ${consequence}`, remedy };
}

function rowValueOptions(settings: SourceSettings): Finding | undefined {
  const check = "binlog_row_value_options";
  const value = settings.variables.get(check);
  if (value === undefined) return undefined;
  if (value === "") return ok(check, "is empty");
  const message = `is ${value}: rows with changed JSON documents have to be read again from the server`;
  return { severity: "warning", check, message, remedy: setGlobal(settings, check, "''") };
}

function gtids(settings: SourceSettings): Finding {
  const { server, variables } = settings;
  if (server.flavor === "mariadb") {
    if (isOn(variables.get("gtid_strict_mode"))) return ok("gtid_strict_mode", "is ON");
    const message = "is OFF: numbers may go backwards, and a position would not say what was read";
    const remedy = setGlobal(settings, "gtid_strict_mode", "ON");
    return { severity: "warning", check: "gtid_strict_mode", message, remedy };
  }
  const mode = variables.get("gtid_mode") ?? "OFF";
  if (mode === "ON") return ok("gtid_mode", "is ON");
  const steps = ["OFF", "OFF_PERMISSIVE", "ON_PERMISSIVE", "ON"];
  const remaining = steps.slice(steps.indexOf(mode) + 1);
  return {
    severity: "warning",
    check: "gtid_mode",
    message: `is ${mode}: reading resumes by file and position, which do not survive a failover to another server`,
    remedy: [
      setGlobal(settings, "enforce_gtid_consistency", "ON"),
      ...remaining.map((step) => setGlobal(settings, "gtid_mode", step)),
    ].join(" "),
  };
}

function serverId(settings: SourceSettings): Finding {
  const { server, replicas, serverId: ours } = settings;
  const check = "server id";
  if (server.serverId === 0) {
    const message = "the source has server_id 0 and refuses every replica";
    return { severity: "error", check, message, remedy: setGlobal(settings, "server_id", "1") };
  }
  const remedy = "Give source.server_id a number that no other replica of this server uses.";
  if (server.serverId === ours) {
    return { severity: "error", check, message: `${ours} is the source's own`, remedy };
  }
  const other = replicas.find((replica) => replica.serverId === ours);
  if (other === undefined) return ok(check, `${ours} is free`);
  if (other.host === REPLICA_HOST) {
    return ok(check, `${ours} is in use by a tailrace, which is right if it is this pipeline`);
  }
  const name = other.host === "" ? (other.uuid ?? "without a name") : other.host;
  return { severity: "error", check, message: `${ours} is in use by the replica ${name}`, remedy };
}

function retention(settings: SourceSettings): Finding {
  const { variables } = settings;
  const check = "log retention";
  const seconds = retentionSeconds(variables);
  if (seconds === 0 || variables.get("binlog_expire_logs_auto_purge") === "OFF") {
    return ok(check, "log files are kept until somebody purges them");
  }
  const hours = Math.round(seconds / 360) / 10;
  if (seconds >= DAY_S) return ok(check, `log files are kept for ${hours} h`);
  const name = variables.has("binlog_expire_logs_seconds")
    ? "binlog_expire_logs_seconds"
    : "expire_logs_days";
  return {
    severity: "warning",
    check,
    message: `log files are kept for ${hours} h: a longer stop of tailrace loses changes`,
    remedy: setGlobal(settings, name, name === "expire_logs_days" ? "7" : String(7 * DAY_S)),
  };
}

/** The newer variable wins when it is set. 0 is for ever. */
function retentionSeconds(variables: ReadonlyMap<string, string>): number {
  const seconds = Number(variables.get("binlog_expire_logs_seconds") ?? 0);
  return seconds > 0 ? seconds : Number(variables.get("expire_logs_days") ?? 0) * DAY_S;
}

function relayedUpdates({ variables, isReplica }: SourceSettings): Finding | undefined {
  if (!isReplica) return undefined;
  const name = variables.has("log_replica_updates") ? "log_replica_updates" : "log_slave_updates";
  if (isOn(variables.get(name))) return ok(name, "is ON");
  return {
    severity: "error",
    check: name,
    message: "is OFF on a server that is itself a replica: what it replicates is not in its log",
    remedy: `Put ${name} = ON under [mysqld] in the server's configuration and restart it.`,
  };
}

function compression({ variables }: SourceSettings): Finding | undefined {
  const check = "binlog_transaction_compression";
  const value = variables.get(check);
  return value === undefined ? undefined : ok(check, `is ${value}; both are read`);
}

function packetSize(settings: SourceSettings): Finding {
  const check = "max_allowed_packet";
  const bytes = Number(settings.variables.get(check) ?? MIN_PACKET_BYTES);
  if (bytes >= MIN_PACKET_BYTES) return ok(check, `is ${bytes} bytes`);
  const message = `is ${bytes} bytes: large rows may not pass`;
  return { severity: "warning", check, message, remedy: setGlobal(settings, check, "67108864") };
}

/** The statement that sets a global variable, for good where the version can. */
function setGlobal({ server }: SourceSettings, name: string, value: string): string {
  const persists = server.flavor === "mysql" && server.versionNumber >= 80_000;
  if (persists) return `SET PERSIST ${name} = ${value};`;
  return `SET GLOBAL ${name} = ${value}; (and ${name} under [mysqld] in the server's configuration)`;
}

function isOn(value: string | undefined): boolean {
  return value === "ON" || value === "1";
}

function ok(check: string, message: string): Finding {
  return { severity: "ok", check, message };
}
