import { Command } from "commander";
import { EXIT_CONFIG, type CliContext } from "./context.ts";
import { CONFIG_ARGUMENT, loadLocation } from "./load-location.ts";

/** The options of `mapping` as commander gives them. */
interface MappingFlags {
  readonly rule?: string;
  readonly diff?: true;
  readonly apply?: true;
  readonly json?: true;
}

/** `tailrace mapping CONFIG`: the mappings that rules imply, and what the indices lack of them. */
export function mappingCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("mapping")
    .description(
      "Print the mapping that each rule implies, and how the live index differs from it.",
    )
    .argument("<config>", CONFIG_ARGUMENT)
    .option("--rule <name>", "only the index of this rule")
    .option("--diff", "compare with the live index")
    .option("--apply", "compare, and add the fields that are missing")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The types of columns are asked of the MySQL server. Elasticsearch adds fields to an index, but changes none: where a field's type does not fit,
the answer says so, and only a new index helps. The exit code is then 2, and when a rule cannot be compiled.

Examples:
  $ tailrace mapping tailrace.toml
  $ tailrace mapping tailrace.toml --rule orders --diff
  $ tailrace mapping tailrace.toml --apply`,
    )
    .action(async (location: string, flags: MappingFlags) => {
      const configs = await loadLocation(location, context);
      const config = configs.find((each) => each.topology !== "capture");
      const { describeMappings, findMappings } = await import("./mapping/find-mappings.ts");
      const result = await findMappings(config, configs, flags);
      context.print(
        flags.json ? `${JSON.stringify(result, null, 2)}\n` : describeMappings(result, flags),
      );
      const isAtFault = result.some(
        ({ problems, indices }) =>
          problems.length > 0 ||
          indices.some(({ different }) => different.some(({ fits }) => !fits)),
      );
      if (isAtFault) setExitCode(EXIT_CONFIG);
    });
}
