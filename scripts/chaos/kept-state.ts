import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import { DEAD_LETTER_INDEX, type StateChoice, STATE_INDEX } from "./config-file.ts";

/** What the pipeline keeps, read without its help. */
export interface KeptState {
  /** The checkpoint; null when there is none yet, undefined when it cannot be read at the moment. */
  checkpoint(): Promise<Checkpoint | null | undefined>;
  /** What it has put aside, a JSON text each. */
  deadLetters(): Promise<string[]>;
}

/** Where the state is. */
export interface KeptStateOptions {
  readonly choice: StateChoice;
  /** Of the configuration file. */
  readonly folder: string;
  readonly elasticsearch: URL;
  readonly indexPrefix: string;
}

/** Opens what the pipeline named `chaos` keeps. */
export function keptState(options: KeptStateOptions): KeptState {
  return options.choice === "file" ? keptInFiles(options) : keptInIndices(options);
}

function keptInFiles({ folder }: KeptStateOptions): KeptState {
  const read = (name: string): Promise<string | null> =>
    readFile(join(folder, ".tailrace", name), "utf8").catch(() => null);
  return {
    checkpoint: async () => {
      const text = await read("chaos.checkpoint.json");
      return text === null ? null : (JSON.parse(text) as Checkpoint);
    },
    deadLetters: async () =>
      ((await read("chaos.dead-letters.ndjson")) ?? "").split("\n").filter(Boolean),
  };
}

function keptInIndices({ elasticsearch, indexPrefix }: KeptStateOptions): KeptState {
  const get = async (path: string): Promise<Response> =>
    await fetch(new URL(path, elasticsearch), { signal: AbortSignal.timeout(5_000) });
  return {
    checkpoint: async () => {
      try {
        const response = await get(`${indexPrefix}${STATE_INDEX}/_doc/chaos`);
        if (response.status === 404) return null;
        if (!response.ok) return undefined;
        const { _source } = (await response.json()) as { _source: { checkpoint: Checkpoint } };
        return _source.checkpoint;
      } catch {
        return undefined;
      }
    },
    deadLetters: async () => {
      const response = await get(`${indexPrefix}${DEAD_LETTER_INDEX}/_search?size=100`);
      if (response.status === 404) return [];
      const { hits } = (await response.json()) as { hits: { hits: { _source: unknown }[] } };
      return hits.hits.map((hit) => JSON.stringify(hit._source));
    },
  };
}
