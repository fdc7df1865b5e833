import { parse as parseToml, TomlError } from "smol-toml";
import { z } from "zod";
import { TailraceError } from "../../core/errors.ts";

const source = z.object({ schema: z.string(), tables: z.array(z.string()) });

const rule = z.object({
  schema: z.string(),
  table: z.string(),
  index: z.string().default(""),
  type: z.string().optional(),
  parent: z.string().default(""),
  id: z.array(z.string()).optional(),
  field: z.record(z.string(), z.string()).default({}),
  filter: z.array(z.string()).optional(),
  pipeline: z.string().default(""),
});

const river = z.object({
  my_addr: z.string().default("127.0.0.1:3306"),
  my_user: z.string().default("root"),
  my_pass: z.string().default(""),
  my_charset: z.string().optional(),
  es_addr: z.string().default("127.0.0.1:9200"),
  es_https: z.boolean().default(false),
  es_user: z.string().default(""),
  es_pass: z.string().default(""),
  data_dir: z.string().optional(),
  stat_addr: z.string().optional(),
  stat_path: z.string().optional(),
  server_id: z.int().optional(),
  flavor: z.string().optional(),
  mysqldump: z.string().optional(),
  skip_master_data: z.boolean().optional(),
  bulk_size: z.int().optional(),
  flush_bulk_time: z.string().optional(),
  skip_no_pk_table: z.boolean().default(false),
  source: z.array(source).default([]),
  rule: z.array(rule).default([]),
});

/** river.toml as go-mysql-elasticsearch reads it (river/config.go). */
export type River = z.output<typeof river>;

/** One of its rules (river/rule.go). */
export type RiverRule = z.output<typeof rule>;

/** Reads a river.toml. Throws CONFIG_UNREADABLE and CONFIG_INVALID. */
export function parseRiver(text: string, file: string): River {
  let tree: unknown;
  try {
    tree = parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // the message quotes the lines around, which may hold a password
    const [reason = ""] = error.message.split("\n");
    throw new TailraceError("CONFIG_UNREADABLE", `${file}:${error.line}: ${reason}`);
  }
  const parsed = river.safeParse(tree);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new TailraceError("CONFIG_INVALID", `${file} is no river.toml: ${problems.join("; ")}`);
}
