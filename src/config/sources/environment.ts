import { once } from "node:events";
import { TailraceError } from "../../core/errors.ts";
import { centreTexts, type ConfigReader, type ConfigTexts } from "./source.ts";

/** Reads the text that an environment variable holds; it never changes. */
export function environmentReader(
  variable: string,
  env: Readonly<Record<string, string | undefined>>,
): ConfigReader {
  const name = `env:${variable}`;
  return {
    name,
    isCentre: false,
    read: async (): Promise<ConfigTexts> => {
      const text = env[variable];
      if (text !== undefined && text !== "") return centreTexts(name, text);
      throw new TailraceError(
        "CONFIG_UNREADABLE",
        `the environment variable ${variable} is not set`,
      );
    },
    wait: async (signal) => {
      if (!signal.aborted) await once(signal, "abort");
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
