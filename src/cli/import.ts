import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { TailraceError } from "../core/errors.ts";
import { EXIT_FATAL, type CliContext } from "./context.ts";
import { allNotes, type ImportedConfig } from "./import/imported.ts";
import { describeNotes, writeImported } from "./import/write.ts";
import { writeNewFile } from "./write-new-file.ts";

/** The options of `import` as commander gives them. */
interface ImportFlags {
  readonly canal?: string;
  readonly destination?: string;
  readonly output?: string;
  readonly force?: true;
  readonly json?: true;
}

/** `tailrace import`: another program's configuration in our words, and what has no equivalent. */
export function importCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("import")
    .description("Write a configuration from that of go-mysql-elasticsearch or of Canal's adapter.")
    .argument("[river.toml]", "configuration of go-mysql-elasticsearch")
    .option("--canal <folder>", "configuration of Canal's adapter: conf, or es6, es7, es8 in it")
    .option(
      "--destination <name>",
      "with --canal: the Canal instance or topic, if there are several",
    )
    .option("--output <file>", "write to this file instead of standard output")
    .option("--force", "replace the file when it exists")
    .option("--json", "print the configuration and the notes as JSON")
    .addHelpText(
      "after",
      `
Standard error lists what has no equivalent or means something else, with its place and what to do. Rules that would not do the
same are written as comments. Passwords are never written: the configuration refers to MYSQL_PASSWORD and ELASTICSEARCH_PASSWORD.
Nothing is contacted. Exit code 1 when no rule could be written.

Examples:
  $ tailrace import river.toml --output tailrace.toml
  $ tailrace import --canal /opt/canal-adapter/conf --destination example --output tailrace.toml`,
    )
    .action(async (river: string | undefined, flags: ImportFlags, command: Command) => {
      if ((river === undefined) === (flags.canal === undefined))
        command.error("error: give either a river.toml or --canal FOLDER");
      const config = river === undefined ? await readCanal(flags) : await readRiver(river);
      const text = writeImported(config);
      if (flags.output !== undefined && !(await writeNewFile(flags.output, text, flags.force)))
        command.error(`error: ${flags.output} exists; --force replaces it`);
      report(config, text, { flags, context });
      if (config.rules.every((rule) => rule.obstacle !== undefined)) setExitCode(EXIT_FATAL);
    });
}

async function readRiver(path: string): Promise<ImportedConfig> {
  const { importRiver, readMasterInfo, riverDataFolder } = await import("./import/river.ts");
  const file = basename(path);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new TailraceError("CONFIG_UNREADABLE", `${path} cannot be read`, { cause: error });
  }
  const folder = riverDataFolder(text, file);
  const position = await firstOf(
    // relative to where it was started, which is often where its binary and etc are
    [".", dirname(path), dirname(dirname(path))].map((base) =>
      join(resolve(base, folder ?? "."), "master.info"),
    ),
  );
  return importRiver(text, {
    file,
    position: position === null ? undefined : readMasterInfo(position),
  });
}

async function readCanal(flags: ImportFlags): Promise<ImportedConfig> {
  const [{ readCanalFolder }, { importCanal }] = await Promise.all([
    import("./import/canal-files.ts"),
    import("./import/canal.ts"),
  ]);
  const folder = flags.canal ?? "";
  const options = { folder, destination: flags.destination };
  return importCanal(await readCanalFolder(folder), options);
}

/** The text of the first of the files that can be read. */
async function firstOf(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch(() => null);
    if (text !== null) return text;
  }
  return null;
}

function report(
  config: ImportedConfig,
  text: string,
  { flags, context }: { readonly flags: ImportFlags; readonly context: CliContext },
): void {
  const notes = allNotes(config);
  const leftOut = config.rules.filter((rule) => rule.obstacle !== undefined);
  if (flags.json) {
    const result = {
      file: flags.output ?? null,
      config: text,
      rules: config.rules.length - leftOut.length,
      left_out: leftOut.map(({ place }) => place),
      notes,
      variables: config.variables,
    };
    context.print(`${JSON.stringify(result)}\n`);
    return;
  }
  if (flags.output === undefined) context.print(text);
  const count = config.rules.length - leftOut.length;
  const lines = [
    ...(flags.output === undefined ? [] : [`wrote ${flags.output}`]),
    `${count} ${count === 1 ? "rule" : "rules"}${leftOut.length === 0 ? "" : `, ${leftOut.length} left out as comments`}`,
    ...config.variables.map((name) => `set ${name} in the environment`),
    `next: tailrace check ${flags.output ?? "FILE"}`,
  ];
  context.warn(`${describeNotes(notes)}${lines.join("\n")}\n`);
}
