import { Command, InvalidArgumentError } from "commander";
import type { CliContext } from "./context.ts";
import { CONFIG_ARGUMENT, loadLocation } from "./load-location.ts";
import { parseKeyOption, type SampleChoice } from "./rule-test/read-samples.ts";

/** The options of `rule test` as commander gives them. */
interface RuleTestFlags {
  readonly rule?: string;
  readonly key?: string;
  readonly sample?: number;
  readonly where?: string;
  readonly table?: string;
  readonly json?: true;
}

/** Rows that --where shows at most, unless --sample says otherwise. */
const MAX_ROWS = 10;

/** `tailrace rule test CONFIG`: what a rule makes of rows as they are now. */
export function ruleCommand(context: CliContext): Command {
  const command = new Command("rule").description("Work with rules.");
  command
    .command("test")
    .description(
      "Show what a rule makes of live rows, and how that differs from what the index holds.",
    )
    .argument("<config>", CONFIG_ARGUMENT)
    .option("--rule <name>", "the rule (needed where there are several)")
    .option("--key <key>", "the row of this primary key: 42, or 7,a, or '[7, \"a,b\"]'")
    .option("--sample <count>", "so many rows, those with the greatest keys", readCount)
    .option("--where <condition>", `rows for which this is true, ${MAX_ROWS} at most`)
    .option("--table <name>", "database.table; needed with --key where the rule's is a pattern")
    .option("--json", "print a JSON array")
    .addHelpText(
      "after",
      `
For each row: its values, the document, the lines of the bulk request, and field by field what the index holds else. Rows that the
rule leaves out, and rows for which it fails, are shown with the reason. Nothing is written; rows are read in a read-only transaction.

Examples:
  $ tailrace rule test tailrace.toml --rule orders --key 42
  $ tailrace rule test tailrace.toml --rule orders --where "status = 'paid'" --sample 3`,
    )
    .action(async (location: string, flags: RuleTestFlags, self: Command) => {
      const choice = choiceOf(flags);
      if (choice === null) self.error("error: give one of --key, --sample and --where");
      const limit = flags.key === undefined ? (flags.sample ?? MAX_ROWS) : 1;
      const { testRule } = await import("./rule-test/test-rule.ts");
      const configs = await loadLocation(location, context);
      const { rule, table } = flags;
      const samples = await testRule(configs, { rule, table, choice, limit });
      const { describeSample, sampleJson } = await import("./rule-test/describe-sample.ts");
      if (flags.json) context.print(`[${samples.map(sampleJson).join(",\n")}]\n`);
      else if (samples.length === 0) context.print("no such row\n");
      else context.print(samples.map(describeSample).join("\n"));
    });
  return command;
}

function choiceOf({ key, sample, where }: RuleTestFlags): SampleChoice | null {
  if (key !== undefined && where === undefined && sample === undefined)
    return { kind: "key", values: parseKeyOption(key) };
  if (key !== undefined) return null;
  if (where !== undefined) return { kind: "where", condition: where };
  return sample === undefined ? null : { kind: "newest" };
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a number from 1 to 9999.");
}
