import { setTimeout as sleep } from "node:timers/promises";
import type { TableLoad } from "../../../src/core/load.ts";
import { createRandom } from "../../support/random.ts";
import { pause } from "../attack.ts";
import { DATABASE } from "../tables.ts";

/** How often it is looked how loads stand, ms. */
const LOOK_MS = 200;
/** How long the loads may take when nothing disturbs them any more. */
const LOADED_LIMIT_MS = 300_000;

/** Knows how the loads of a pipeline stand, and asks for more: over its HTTP endpoints. */
export class LoadRequests {
  readonly #origin: string;
  readonly #tables: readonly string[];
  #loads: readonly TableLoad[] = [];
  #requested = 0;

  /** `tables` are those that are asked for again. */
  constructor(adminPort: number, tables: readonly string[]) {
    this.#origin = `http://127.0.0.1:${adminPort}`;
    this.#tables = tables;
  }

  /** Did some table's load go on at the last look? */
  get isLoading(): boolean {
    return this.#loads.some(isOpen);
  }

  /** How many loads were asked for. */
  get requested(): number {
    return this.#requested;
  }

  /** As soon as the loads are done, asks for others, of one table or of several, until the signal aborts. The pipeline may be away all the while. */
  async keepLoading(seed: number, signal: AbortSignal): Promise<void> {
    const random = createRandom(seed, "loads");
    for (; !signal.aborted; await pause(LOOK_MS, signal)) {
      if (!(await this.#look()) || this.isLoading) continue;
      const tables = this.#tables.filter(() => random.chance(0.5));
      for (const table of tables)
        if (await this.#post("load", { table: `${DATABASE}.${table}` })) this.#requested++;
    }
  }

  /** Resolves when no load is open any more. Throws when one has failed, or it takes too long. */
  async finish(): Promise<void> {
    const deadline = performance.now() + LOADED_LIMIT_MS;
    while (!(await this.#look()) || this.isLoading) {
      if (performance.now() > deadline)
        throw new Error(`The loads do not end: ${JSON.stringify(this.#loads.filter(isOpen))}`);
      await sleep(LOOK_MS);
    }
    const failed = this.#loads.filter(({ state }) => state !== "done");
    if (failed.length > 0) throw new Error(`Loads have failed: ${JSON.stringify(failed)}`);
    if (this.#loads.length === 0) throw new Error("Nothing was loaded");
  }

  /** Looks how they stand; false = the pipeline does not answer. */
  async #look(): Promise<boolean> {
    try {
      const response = await fetch(`${this.#origin}/status`, {
        signal: AbortSignal.timeout(2_000),
      });
      this.#loads = findLoads(await response.json());
      return response.ok && this.#loads.length > 0;
    } catch {
      return false;
    }
  }

  async #post(path: string, body: object): Promise<boolean> {
    try {
      const response = await fetch(`${this.#origin}/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(2_000),
      });
      return response.ok;
    } catch {
      return false;
    }
  }
}

function isOpen({ state }: TableLoad): boolean {
  return state === "waiting" || state === "running";
}

/** The loads in the answer of `/status`, wherever they lie in it. */
function findLoads(status: unknown): readonly TableLoad[] {
  if (typeof status !== "object" || status === null) return [];
  const { loads } = status as { readonly loads?: readonly TableLoad[] };
  return loads ?? Object.values(status).flatMap(findLoads);
}
