import { asTailraceError, type TailraceError } from "../core/errors.ts";
import { hideUrlPasswords } from "../core/redact.ts";
import { describeError } from "../observe/describe-error.ts";
import { EXIT_CONFIG, EXIT_FATAL, type CliContext } from "./context.ts";

/** Prints an error as code, message, causes and remedy, or as `{"error": …}`, and returns the exit code that it means. */
export function printError(error: unknown, context: CliContext, asJson: boolean): number {
  const known = asTailraceError(error);
  const description = describeError(known);
  if (asJson) context.print(`${hideUrlPasswords(JSON.stringify({ error: description }))}\n`);
  else {
    const lines = [`${known.code}: ${known.message}`];
    for (let cause = description.cause; cause !== undefined; cause = cause.cause) {
      if (!lines.some((line) => line.includes(cause.message))) {
        lines.push(`  cause: ${cause.message}`);
      }
    }
    if (description.stack !== undefined) lines.push(description.stack);
    lines.push("", `→ ${known.remedy}`, "");
    context.warn(hideUrlPasswords(lines.join("\n")));
  }
  return exitCodeOf(known);
}

/** The exit code that an error means: 2 for what is wrong in the configuration or with the server's settings, 1 for the rest. */
export function exitCodeOf(error: TailraceError): number {
  const isConfig = /^(?:CONFIG|RULE)_|^SOURCE_UNSUITABLE$/.test(error.code);
  return isConfig ? EXIT_CONFIG : EXIT_FATAL;
}
