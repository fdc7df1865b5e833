import { Command } from "commander";
import { stringify } from "smol-toml";
import { toDocument } from "../config/document.ts";
import type { PipelinePart } from "../config/load.ts";
import { redactConfig } from "../config/redact.ts";
import type { CliContext } from "./context.ts";
import { CONFIG_ARGUMENT, loadLocation } from "./load-location.ts";
import { partOption } from "./part-option.ts";

interface ShowFlags {
  readonly part?: PipelinePart;
  readonly json?: true;
}

/** `tailrace config show CONFIG`: the configuration as it takes effect, defaults filled in and secrets hidden. */
export function configCommand(context: CliContext): Command {
  const command = new Command("config").description("Work with configuration files.");
  command
    .command("show")
    .description("Print the configuration as it takes effect: defaults filled in, secrets hidden.")
    .argument("<config>", CONFIG_ARGUMENT)
    .addOption(partOption("with [kafka]: print this half only"))
    .option("--json", "print JSON instead of TOML; of both halves an array")
    .addHelpText(
      "after",
      `
With Kafka between (a [kafka] section) the two halves are printed one after the other, each as the configuration that it would have alone.

Examples:
  $ tailrace config show tailrace.toml
  $ tailrace config show tailrace.toml --part sync`,
    )
    .action(async (location: string, flags: ShowFlags) => {
      const configs = await loadLocation(location, context, flags.part);
      const documents = configs.map((config) => toDocument(redactConfig(config)));
      if (flags.json) {
        const result = documents.length === 1 ? documents[0] : documents;
        context.print(`${JSON.stringify(result, null, 2)}\n`);
      } else if (documents.length === 1) context.print(documents.map(toToml).join(""));
      else {
        const texts = documents.map((each, i) => `# ${configs[i]?.topology}\n${toToml(each)}`);
        context.print(texts.join("\n"));
      }
    });
  return command;
}

function toToml(document: object): string {
  return `${stringify(document).trimEnd()}\n`;
}
