import { inspect } from "node:util";
import { openConfigSource } from "../../src/config/sources/open.ts";
import type { SourceOptions } from "../../src/config/sources/source.ts";
import type { TailraceError } from "../../src/core/errors.ts";
import { describeError } from "../../src/observe/describe-error.ts";
import { until } from "../support/until.ts";

/** A source that is being followed; disposing of it stops that. */
export interface Followed extends AsyncDisposable {
  /** The first text of each snapshot that it gave, in order; the first is the one that was read. */
  readonly texts: readonly string[];
  /** What was logged: `level message`. */
  readonly logs: readonly string[];
  /** Everything that was logged, with its errors. */
  readonly details: readonly string[];
  /** Resolves when the last text is this one. */
  reaches(text: string): Promise<void>;
}

/** Reads a configuration and follows its changes. */
export async function follow(location: string, options: SourceOptions = {}): Promise<Followed> {
  const source = await openConfigSource(location, { env: {}, ...options });
  const texts = [(await source.read()).texts[0].text];
  const [logs, details]: [string[], string[]] = [[], []];
  const stop = new AbortController();
  const note = (level: string) => (fields: object, message: string) => {
    logs.push(`${level} ${message}`);
    const { err } = fields as { err?: unknown };
    details.push(inspect({ ...fields, err: describeError(err), raw: err }, { depth: 10 }));
  };
  const logger = {
    debug: note("debug"),
    info: note("info"),
    warn: note("warn"),
    error: note("error"),
  };
  const ended = (async () => {
    for await (const { texts: found } of source.changes(stop.signal, logger)) {
      texts.push(found[0].text);
    }
  })();
  return {
    texts,
    logs,
    details,
    reaches: async (text) => {
      await until(`the text ${text}`, () => texts.at(-1) === text);
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
      await source[Symbol.asyncDispose]();
    },
  };
}

/** The error with which reading a location fails, as code and message; it holds none of the secrets. */
export async function failureOf(
  location: string,
  { secrets = [], ...options }: SourceOptions & { readonly secrets?: readonly string[] } = {},
): Promise<string> {
  try {
    await using source = await openConfigSource(location, { env: {}, ...options });
    await source.read();
  } catch (error) {
    const text = inspect(error, { depth: 10 });
    for (const secret of secrets) {
      if (text.includes(secret)) throw new Error(`the error tells ${secret}`, { cause: error });
    }
    const { code, message } = error as TailraceError;
    return `${code}: ${message}`;
  }
  throw new Error("reading did not fail");
}

/** What is logged of an outage that is over soon. */
export const SHORT_OUTAGE = [
  "warn the configuration cannot be read; going on with the last one",
  "info the configuration can be read again",
];
