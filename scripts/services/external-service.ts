import type { Service, ServiceName } from "./contract.ts";
import { ADDRESS_VARIABLES } from "./contract.ts";
import { PROTOCOLS } from "./registry.ts";

/** The server that the environment names, or null. Throws when it does not answer. */
export async function findExternalService(name: ServiceName): Promise<Service | null> {
  const variable = ADDRESS_VARIABLES[name];
  const url = process.env[variable];
  if (!url) return null;
  let version: string;
  try {
    version = await PROTOCOLS[name].probe(url);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`The server that ${variable} names does not answer: ${why}`, { cause: error });
  }
  const refuse = async (): Promise<never> => {
    throw new Error(`${variable} names a server that is not ours to start and stop.`);
  };
  return {
    name,
    instance: "environment",
    from: "environment",
    url,
    version,
    pid: null,
    bin: null,
    directory: null,
    start: refuse,
    stop: refuse,
    restart: refuse,
    kill: refuse,
    remove: refuse,
    [Symbol.asyncDispose]: async () => {},
  };
}
