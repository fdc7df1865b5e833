import type { CliContext } from "../../src/cli/context.ts";
import { allCommands, commandPath, createProgram } from "../../src/cli/program.ts";

const INTRODUCTION = `# Command line

Results go to standard output, everything meant for people to standard error; with \`--json\` standard output holds nothing but JSON, errors
included. An error is told as its code, its message and its remedy; [errors.md](errors.md) lists the codes.

| Exit code | Means |
| --- | --- |
| 0 | done; \`run\`: stopped by a signal and drained |
| 1 | a fatal error |
| 2 | the command line, the configuration or the preflight is at fault |
| 130 | forced by a second Ctrl-C |
`;

const NO_PROCESS: CliContext = {
  env: {},
  print: () => undefined,
  warn: () => undefined,
  stopSignal: () => new AbortController().signal,
};

/** `docs/cli.md`: the help of every command. */
export function cliPage(): string {
  const program = createProgram(NO_PROCESS, () => undefined);
  const sections = allCommands(program)
    .filter((command) => command.parent === null || command.commands.length === 0)
    .map((command) => {
      let help = "";
      command.configureOutput({
        writeOut: (text) => {
          help += text;
        },
        getOutHelpWidth: () => 100,
      });
      command.outputHelp();
      return `## ${commandPath(command)}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`;
    });
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}
