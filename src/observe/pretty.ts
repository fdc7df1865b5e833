import type { ErrorDescription } from "./describe-error.ts";

const COLOURS: Readonly<Record<string, string>> = {
  debug: "90",
  info: "36",
  warn: "33",
  error: "31",
};

/** A line as the logger's JSON format has it. */
interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly msg?: string;
  readonly error?: ErrorDescription;
  readonly err?: ErrorDescription;
  readonly [field: string]: unknown;
}

/** A JSON log line as one readable line: time, level, message, fields as `key=value`, an error's code, messages and remedy. */
export function formatPrettyLine(line: string, options: { readonly colour: boolean }): string {
  const { time, level, msg, error, err, ...fields } = JSON.parse(line) as LogLine;
  const paint = (code: string, text: string): string =>
    options.colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  const parts = [
    paint("90", time.slice(11, 23)),
    paint(COLOURS[level] ?? "0", level.toUpperCase().padEnd(5)),
    msg ?? "",
    ...Object.entries(fields).map(([key, value]) => paint("90", `${key}=${formatValue(value)}`)),
  ];
  const failure = error ?? err;
  if (failure !== undefined) parts.push(paint("31", formatFailure(failure)));
  return `${parts.filter((part) => part !== "").join(" ")}\n`;
}

function formatValue(value: unknown): string {
  if (typeof value === "string") return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}

function formatFailure(failure: ErrorDescription): string {
  const messages: string[] = [];
  let stack: string | undefined;
  for (let next: ErrorDescription | undefined = failure; next !== undefined; next = next.cause) {
    const { message } = next;
    // A cause in whose words the error above it speaks says nothing new.
    if (!messages.some((above) => above.includes(message))) messages.push(message);
    stack = next.stack ?? stack;
  }
  const code = failure.code === undefined ? "" : `${failure.code}: `;
  const remedy = failure.remedy === undefined ? "" : ` → ${failure.remedy}`;
  return `${code}${messages.join(": ")}${remedy}${stack === undefined ? "" : `\n${stack}`}`;
}
