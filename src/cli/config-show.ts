import { Command } from "commander";
import { stringify } from "smol-toml";
import { toDocument } from "../config/document.ts";
import { loadConfig } from "../config/load.ts";
import { redactConfig } from "../config/redact.ts";
import type { CliContext } from "./context.ts";

/** `tailrace config show CONFIG`: the configuration as it takes effect, defaults filled in and secrets hidden. */
export function configCommand(context: CliContext): Command {
  const command = new Command("config").description("Work with configuration files.");
  command
    .command("show")
    .description("Print the configuration as it takes effect: defaults filled in, secrets hidden.")
    .argument("<config>", "configuration file (.toml or .json)")
    .option("--json", "print JSON instead of TOML")
    .addHelpText("after", "\nExample:\n  $ tailrace config show tailrace.toml")
    .action(async (path: string, options: { readonly json?: true }) => {
      const config = await loadConfig(path, { env: context.env });
      const document = toDocument(redactConfig(config));
      context.print(options.json ? `${JSON.stringify(document, null, 2)}\n` : stringify(document));
    });
  return command;
}
