import { Command, InvalidArgumentError, Option } from "commander";
import type { CliContext } from "./context.ts";
import { CONFIG_ARGUMENT, openConfig } from "./load-location.ts";
import type { LoadFlags } from "./load/load-tables.ts";

/** `tailrace load CONFIG`: writes the documents of rows that are there, beside whatever runs. */
export function loadCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("load")
    .description("Load the rows that are there into their documents, while everything runs on.")
    .argument("<config>", CONFIG_ARGUMENT)
    .option("--table <db.table>", "only this table, or the tables of this pattern")
    .option("--rule <name>", "only the documents of this rule")
    .option("--where <sql>", "only rows for which this condition is true, in MySQL's words")
    .addOption(
      new Option("--keys <list>", "only these rows: 1,2,3, or as JSON").conflicts([
        "where",
        "keysFrom",
      ]),
    )
    .addOption(
      new Option(
        "--keys-from <file>",
        "only the rows whose keys this file has, one a line",
      ).conflicts("where"),
    )
    .addOption(
      new Option("--then <what>", "load and go on as `tailrace run`, from where the load began")
        .choices(["run"])
        .conflicts(["keys", "keysFrom"]),
    )
    .option("--restart", "begin with the first row although an earlier load was not finished")
    .option("--connections <n>", "connections that read at the same time", positive)
    .option("--max-rows-per-second <n>", "read no more than so many rows a second", positive)
    .option(
      "--json",
      "print progress as one JSON object a line every second, and at last the outcome",
    )
    .addHelpText(
      "after",
      `
Reads chunks by the primary key, without locks, and writes them with versions that every later change outranks: the pipeline may run
meanwhile, here or elsewhere, and need not have begun. Killed or stopped, the same command goes on where it was.
--keys deletes the documents of keys that have no row. --keys takes [[1,"a"],[2,"b"]] where a key has several columns; so do the
lines of --keys-from.
SIGTERM or Ctrl-C: write what was read, end with 0. A second one: end at once with 130.

Examples:
  $ tailrace load tailrace.toml
  $ tailrace load tailrace.toml --table shop.orders --where "created_at > '2026-01-01'"
  $ tailrace load tailrace.toml --rule orders --keys 17,18,19
  $ tailrace load tailrace.toml --connections 8 --max-rows-per-second 50000
  $ tailrace load tailrace.toml --then run`,
    )
    .action(async (location: string, flags: LoadFlags) => {
      await using open = await openConfig(location, {}, context);
      // loaded only now: the other commands start faster without it
      const { loadTables } = await import("./load/load-tables.ts");
      setExitCode(await loadTables(open, flags, context));
    });
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}
