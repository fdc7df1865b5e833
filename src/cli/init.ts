import { Command, InvalidArgumentError } from "commander";
import { parseBrokers } from "../config/connections-kafka.ts";
import { parseServerUrl } from "../config/urls.ts";
import { TailraceError } from "../core/errors.ts";
import type { TableSchema } from "../core/schema.ts";
import { openConnection, type ConnectionOptions } from "../mysql/connection.ts";
import { describeServer } from "../mysql/server.ts";
import type { CliContext } from "./context.ts";
import {
  hidePassword,
  requiredVariables,
  writeConfig,
  type ProposedConfig,
} from "./init-config.ts";
import { proposeRules } from "./init-rules.ts";
import { readTables } from "../pipeline/read-tables.ts";
import { writeNewFile } from "./write-new-file.ts";

/** The options of `init` as commander gives them. */
interface InitFlags {
  readonly mysql: string;
  readonly tables: readonly string[];
  readonly elasticsearch: string;
  readonly kafka?: readonly string[];
  readonly name?: string;
  readonly output?: string;
  readonly force?: true;
  readonly json?: true;
}

const MYSQL = {
  option: "--mysql",
  schemes: ["mysql:", "mariadb:"],
  variable: "MYSQL_PASSWORD",
} as const;

const ELASTICSEARCH = {
  option: "--elasticsearch",
  schemes: ["http:", "https:"],
  variable: "ELASTICSEARCH_PASSWORD",
  keepPath: true,
} as const;

/** `tailrace init`: looks at the tables and writes a configuration with a rule for each. */
export function initCommand(context: CliContext): Command {
  return new Command("init")
    .description("Look at the tables of a server and write a configuration with a rule for each.")
    .requiredOption("--mysql <url>", "server to read: mysql://user:password@host:port")
    .requiredOption(
      "--tables <pattern...>",
      "tables, as in a rule: shop.orders, 'shop.*', 'shop.order_#'",
    )
    .option("--elasticsearch <url>", "cluster to write", "http://127.0.0.1:9200")
    .option(
      "--kafka <brokers>",
      "put Kafka in between: host:port of some brokers, with commas",
      parseKafkaOption,
    )
    .option("--name <name>", "the pipeline's name (default: the database's)")
    .option("--output <file>", "write to this file instead of standard output")
    .option("--force", "replace the file when it exists")
    .option("--json", "print what was found and written as JSON")
    .addHelpText(
      "after",
      `
Passwords are never written: the configuration refers to MYSQL_PASSWORD and ELASTICSEARCH_PASSWORD in the environment. A password
that is not in the URL is taken from MYSQL_PASSWORD. Tables that differ in the numbers of their names only share one rule. A table
without a key is left out, with the reason in a comment. The cluster is not contacted.

Examples:
  $ tailrace init --mysql mysql://sync@127.0.0.1 --tables 'shop.*' --output tailrace.toml
  $ tailrace init --mysql mysql://sync@db:3306 --tables shop.orders shop.items --elasticsearch https://elastic:secret@es:9200
  $ tailrace init --mysql mysql://sync@db --tables 'shop.*' --kafka kafka-1:9092,kafka-2:9092 --output tailrace.toml`,
    )
    .action(async (flags: InitFlags, command: Command) => {
      const schemas = await readSchemas(flags, context);
      if (schemas.length === 0) {
        command.error(`error: no table that this user may see matches ${flags.tables.join(" ")}`);
      }
      const config = proposeConfig(flags, schemas, context);
      const text = writeConfig(config);
      if (flags.output !== undefined && !(await writeNewFile(flags.output, text, flags.force))) {
        command.error(`error: ${flags.output} exists; --force replaces it`);
      }
      report(config, text, { flags, context });
    });
}

function parseKafkaOption(text: string): readonly string[] {
  const brokers = parseBrokers(text);
  if (brokers === null)
    throw new InvalidArgumentError("It must be host:port, several with commas.");
  return brokers;
}

/** The tables that the patterns take, as the server defines them. */
async function readSchemas(flags: InitFlags, context: CliContext): Promise<readonly TableSchema[]> {
  await using connection = await openConnection(connectionOptions(flags, context));
  const server = await describeServer(connection);
  const tables = await readTables(
    connection,
    flags.tables.map((table) => ({ table })),
    { caseSensitive: server.lowerCaseTableNames === 0 },
  );
  return tables.map((table) => table.schema);
}

function connectionOptions(flags: InitFlags, context: CliContext): ConnectionOptions {
  const url = parseServerUrl(flags.mysql, { schemes: MYSQL.schemes, allowPath: true });
  if ("problem" in url) {
    throw new TailraceError("CONFIG_INVALID", `${MYSQL.option} ${url.problem}`);
  }
  const password = url.password ?? context.env[MYSQL.variable];
  return { host: url.host, port: url.port, user: url.user ?? "", password };
}

function proposeConfig(
  flags: InitFlags,
  schemas: readonly TableSchema[],
  context: CliContext,
): ProposedConfig {
  const needsPassword = context.env[MYSQL.variable] !== undefined;
  return {
    name: flags.name ?? pipelineName(schemas),
    source: hidePassword(flags.mysql, { ...MYSQL, needsPassword }),
    sink: hidePassword(flags.elasticsearch, ELASTICSEARCH),
    ...(flags.kafka && { brokers: flags.kafka }),
    rules: proposeRules(schemas),
  };
}

/** The database's name as a pipeline's, when all tables are in one. */
function pipelineName(schemas: readonly TableSchema[]): string {
  const [first = "", ...others] = new Set(schemas.map((schema) => schema.database));
  const name = first
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 64);
  return others.length > 0 || name === "" ? "tailrace" : name;
}

function report(
  config: ProposedConfig,
  text: string,
  { flags, context }: { readonly flags: InitFlags; readonly context: CliContext },
): void {
  const used = config.rules.filter((rule) => rule.obstacle === undefined);
  const leftOut = config.rules.filter((rule) => rule.obstacle !== undefined);
  const variables = requiredVariables(config);
  if (flags.json) {
    const result = {
      file: flags.output ?? null,
      config: text,
      rules: used.map(({ table, index, schemas }) => ({ table, index, tables: schemas.length })),
      left_out: leftOut.map(({ table, obstacle }) => ({ table, reason: obstacle })),
      variables,
    };
    context.print(`${JSON.stringify(result)}\n`);
    return;
  }
  if (flags.output === undefined) context.print(text);
  const lines = [
    ...(flags.output === undefined ? [] : [`wrote ${flags.output}`]),
    `${used.length} ${used.length === 1 ? "rule" : "rules"}`,
    ...leftOut.map(({ table, obstacle }) => `left out ${table}: ${obstacle}`),
    ...variables.map((name) => `set ${name} in the environment`),
    `next: tailrace check ${flags.output ?? "FILE"}`,
  ];
  context.warn(`${lines.join("\n")}\n`);
}
