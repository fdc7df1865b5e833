import type { LogPlace } from "./mysql.ts";

/** What a benchmark's configuration differs in. */
export interface BenchConfig {
  readonly mysqlUrl: string;
  readonly elasticsearchUrl: string;
  /** Where the binary log is read from; "latest" = its end. */
  readonly start: LogPlace | "latest";
  /** `database.table`. */
  readonly table: string;
  readonly index: string;
  /** More lines of the rule. */
  readonly rule?: string;
}

/** A configuration but for the stretch of log that it reads. */
export type ReplayConfig = Omit<BenchConfig, "table" | "start">;

/** A configuration file as a user would write it: everything not named here has its default. */
export function tailraceToml(config: BenchConfig): string {
  const { start } = config;
  const place =
    start === "latest"
      ? '"latest"'
      : `{ file = ${JSON.stringify(start.file)}, position = ${start.position} }`;
  return `name = "bench-${process.pid}"

[source]
url = ${JSON.stringify(config.mysqlUrl)}
start = ${place}

[sink]
hosts = [${JSON.stringify(config.elasticsearchUrl)}]

[log]
level = "warn"

[[rules]]
table = ${JSON.stringify(config.table)}
index = ${JSON.stringify(config.index)}
${config.rule ?? ""}
`;
}
