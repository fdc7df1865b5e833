import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SHOP_RULES } from "./shop-rules.ts";
import { SHOP_TABLES, type ShopTable } from "./shop-tables.ts";

/** Names on the servers: plain ones on our own, and ones that get into nobody's way on others. */
export interface ShopNames {
  /** The pipeline's. */
  readonly pipeline: string;
  readonly database: string;
  index(table: ShopTable): string;
}

/** Which servers were started for this demo and hold nothing else. */
export interface OwnServers {
  readonly mysql: boolean;
  readonly elasticsearch: boolean;
  readonly kafka: boolean;
}

/** The names for servers of our own or of somebody else. Where topics, offsets and checkpoints of an earlier demo may be left, the pipeline's name is new each time. */
export function shopNames(isOurs: OwnServers, keep: boolean): ShopNames {
  const isFresh = isOurs.mysql && isOurs.elasticsearch && isOurs.kafka && !keep;
  return {
    pipeline: isFresh ? "shop" : `tailrace-demo-${Date.now().toString(36)}`,
    database: isOurs.mysql ? "shop" : "tailrace_demo",
    index: (table) => `${isOurs.elasticsearch ? "shop" : "tailrace-demo"}-${table}`,
  };
}

/** What the configuration says. */
export interface ShopConfig {
  readonly mysql: URL;
  readonly elasticsearch: URL;
  /** Brokers to put in between; null = none. */
  readonly kafka: URL | null;
  readonly names: ShopNames;
}

/** Writes `tailrace.toml` into a folder that it empties first: no checkpoint of an earlier demo. Returns the file's path and text. */
export async function writeConfigFile(
  folder: string,
  config: ShopConfig,
): Promise<{ path: string; text: string }> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const path = join(folder, "tailrace.toml");
  const text = configText(config);
  await writeFile(path, text, { mode: 0o600 });
  return { path, text };
}

function configText({ mysql, elasticsearch, kafka, names }: ShopConfig): string {
  const source = new URL(mysql);
  source.pathname = "";
  const sink = new URL(elasticsearch);
  const { username, password } = sink;
  sink.username = "";
  sink.password = "";
  const lines = [
    `name = ${quote(names.pipeline)}`,
    ``,
    `[source]`,
    `url = ${quote(source.href)}`,
    ``,
    `[sink]`,
    `hosts = [${quote(sink.href.replace(/\/$/, ""))}]`,
  ];
  if (username !== "")
    lines.push(
      `username = ${quote(decodeURIComponent(username))}`,
      `password = ${quote(decodeURIComponent(password))}`,
    );
  if (kafka !== null) {
    const prefix = names.pipeline === "shop" ? "{database}" : names.pipeline;
    lines.push(
      ``,
      `[kafka]`,
      `brokers = [${quote(kafka.host)}]`,
      `topic = ${quote(`${prefix}.{table}`)}`,
    );
  }
  for (const table of SHOP_TABLES)
    lines.push(
      ``,
      `[[rules]]`,
      `index = ${quote(names.index(table))}`,
      `query = """`,
      ...SHOP_RULES[table].query.map((line) => line.replace("DATABASE", names.database)),
      `"""`,
    );
  return `${lines.join("\n")}\n`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
