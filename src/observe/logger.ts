import pino from "pino";
import type { Logger } from "../core/logger.ts";
import { describeError } from "./describe-error.ts";
import { formatPrettyLine } from "./pretty.ts";
import { hideUrlPasswords } from "../core/redact.ts";

/** How a logger writes. */
export interface LoggerOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  /** Absent: pretty when standard error is a terminal, JSON otherwise. */
  readonly format?: "json" | "pretty";
  /** Fields of every line. */
  readonly fields?: object;
  /** Takes each finished line; standard error by default. */
  readonly write?: (line: string) => void;
}

/** Field names whose values are never written, at the top of a line's fields and one level below. */
const SECRET_FIELDS = ["password", "apiKey", "api_key", "token", "bearer_token", "authorization"];

/**
 * Creates the logger: one line a message, JSON (`time`, `level`, `msg` and the fields) or readable. Errors under `error` or `err` become
 * code, message, remedy and causes; passwords in URLs and secret fields are replaced by `***`.
 */
export function createLogger(options: LoggerOptions): Logger {
  const isTerminal = process.stderr.isTTY;
  const format = options.format ?? (isTerminal ? "pretty" : "json");
  const colour = isTerminal && !process.env["NO_COLOR"];
  const stderr = pino.destination({ dest: 2, sync: true });
  const write = options.write ?? ((line: string) => void stderr.write(line));
  const destination = {
    write: (line: string) => {
      write(format === "json" ? line : formatPrettyLine(line, { colour }));
    },
  };
  return pino(
    {
      level: options.level,
      base: options.fields ?? null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]),
        censor: "***",
      },
      hooks: { streamWrite: hideUrlPasswords },
    },
    destination,
  );
}
