import { CommanderError } from "commander";
import { EXIT_CONFIG, EXIT_OK, type CliContext } from "./context.ts";
import { printError } from "./print-error.ts";
import { createProgram } from "./program.ts";

/** Runs a command line (without node and script) and returns the exit code; errors are printed, never thrown. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  let exitCode = EXIT_OK;
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    // commander has printed its own errors already; --help and --version end with exit code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_CONFIG;
    return printError(error, context, argv.includes("--json"));
  }
}
