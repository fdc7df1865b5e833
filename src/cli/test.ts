import { access } from "node:fs/promises";
import { Command } from "commander";
import type { PipelineConfig } from "../config/config.ts";
import type { TableSchema } from "../core/schema.ts";
import { EXIT_FATAL, type CliContext } from "./context.ts";
import { CONFIG_ARGUMENT, loadLocation } from "./load-location.ts";
import { writeNewFile } from "./write-new-file.ts";

/** The options of `test` as commander gives them. */
interface TestFlags {
  readonly schema?: string;
  readonly json?: true;
}

/** The options of `schema` as commander gives them. */
interface SchemaFlags {
  readonly output?: string;
  readonly force?: true;
}

/** `tailrace test CONFIG`: runs the tests of rules that stand in the configuration. */
export function testCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("test")
    .description(
      "Run the [[tests]] of a configuration: for a row, the document that a rule must make.",
    )
    .argument("<config>", CONFIG_ARGUMENT)
    .option("--schema <file>", "definitions of the tables, as `tailrace schema` writes them")
    .option("--json", "print the results as a JSON array")
    .addHelpText(
      "after",
      `
The types of columns come from a file, so that no server is needed: --schema, or one beside the configuration that is named like it
(shop.schema.json for shop.toml). Without one the MySQL server is asked. Exit code 1 when a test failed.

Examples:
  $ tailrace schema shop.toml --output shop.schema.json
  $ tailrace test shop.toml`,
    )
    .action(async (path: string, flags: TestFlags) => {
      const configs = await loadLocation(path, context);
      const config = configs.find((each) => each.topology !== "capture") ?? configs[0];
      const { tests = [], rules = [] } = config ?? {};
      const { describeTests, runTests } = await import("./rule-test/unit-tests.ts");
      const schemas = tests.length === 0 ? [] : await findSchemas(path, flags, configs);
      const results = await runTests(tests, { rules, schemas });
      context.print(flags.json ? `${JSON.stringify(results)}\n` : describeTests(results));
      if (results.some((result) => result.failure !== null)) setExitCode(EXIT_FATAL);
    });
}

/** `tailrace schema CONFIG`: the definitions of the tables that the rules take. */
export function schemaCommand(context: CliContext): Command {
  return new Command("schema")
    .description("Print the definitions of the tables that the rules take, for `tailrace test`.")
    .argument("<config>", CONFIG_ARGUMENT)
    .option("--output <file>", "write to this file instead of standard output")
    .option("--force", "replace the file when it exists")
    .addHelpText("after", "\nExample:\n  $ tailrace schema shop.toml --output shop.schema.json")
    .action(async (path: string, flags: SchemaFlags, command: Command) => {
      const configs = await loadLocation(path, context);
      const { writeSchemas } = await import("./rule-test/schema-file.ts");
      const text = writeSchemas(await askForSchemas(configs));
      if (flags.output === undefined) context.print(text);
      else if (!(await writeNewFile(flags.output, text, flags.force)))
        command.error(`error: ${flags.output} exists; --force replaces it`);
    });
}

async function findSchemas(
  path: string,
  flags: TestFlags,
  configs: readonly PipelineConfig[],
): Promise<readonly TableSchema[]> {
  const { readSchemas } = await import("./rule-test/schema-file.ts");
  if (flags.schema !== undefined) return readSchemas(flags.schema);
  const beside = path.replace(/\.(?:toml|json)$/i, ".schema.json");
  const isThere = await access(beside).then(
    () => beside !== path,
    () => false,
  );
  return isThere ? readSchemas(beside) : askForSchemas(configs);
}

async function askForSchemas(configs: readonly PipelineConfig[]): Promise<readonly TableSchema[]> {
  const { readLiveSchemas } = await import("./rule-test/live-schemas.ts");
  return readLiveSchemas(configs);
}
