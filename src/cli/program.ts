import { Command } from "commander";
import { checkCommand } from "./check.ts";
import { configCommand } from "./config-show.ts";
import type { CliContext } from "./context.ts";
import { importCommand } from "./import.ts";
import { initCommand } from "./init.ts";
import { loadCommand } from "./load.ts";
import { mappingCommand } from "./mapping.ts";
import { rebuildCommand } from "./rebuild.ts";
import { recoverCommand } from "./recover.ts";
import { ruleCommand } from "./rule-test.ts";
import { runCommand } from "./run.ts";
import { seekCommand } from "./seek.ts";
import { schemaCommand, testCommand } from "./test.ts";
import { verifyCommand } from "./verify.ts";
import { packageVersion } from "./version.ts";

/** The command line. `setExitCode` takes what a command that did its work means by its result. */
export function createProgram(context: CliContext, setExitCode: (code: number) => void): Command {
  const program = new Command("tailrace")
    .description("Keeps Elasticsearch and OpenSearch in step with MySQL, from its binary log.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText(
      "after",
      `
Examples:
  $ tailrace init --mysql mysql://sync@127.0.0.1 --tables 'shop.*' --output tailrace.toml
  $ tailrace check tailrace.toml
  $ tailrace run tailrace.toml

Exit codes: 0 done or drained, 1 fatal error, 2 configuration or preflight at fault, 130 forced by a second Ctrl-C.`,
    );
  program.addCommand(initCommand(context));
  program.addCommand(importCommand(context, setExitCode));
  program.addCommand(checkCommand(context, setExitCode));
  program.addCommand(runCommand(context, setExitCode));
  program.addCommand(loadCommand(context, setExitCode));
  program.addCommand(verifyCommand(context, setExitCode));
  program.addCommand(seekCommand(context));
  program.addCommand(rebuildCommand(context, setExitCode));
  program.addCommand(recoverCommand(context, setExitCode));
  program.addCommand(mappingCommand(context, setExitCode));
  program.addCommand(ruleCommand(context));
  program.addCommand(testCommand(context, setExitCode));
  program.addCommand(schemaCommand(context));
  program.addCommand(configCommand(context));
  for (const command of allCommands(program)) {
    command
      .helpOption("-h, --help", "print this help")
      .exitOverride()
      .showHelpAfterError(`(see ${commandPath(command)} --help)`);
    command.configureOutput({
      writeOut: (text) => {
        context.print(text);
      },
      writeErr: (text) => {
        context.warn(text);
      },
    });
  }
  return program;
}

/** The command and everything below it, in the order of the help. */
export function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

/** What a user types to reach the command: `tailrace config show`. */
export function commandPath(command: Command): string {
  return command.parent === null
    ? command.name()
    : `${commandPath(command.parent)} ${command.name()}`;
}
