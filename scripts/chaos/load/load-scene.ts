import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import type { ChaosScene } from "../run-chaos.ts";
import type { Counts } from "../counts.ts";
import { TABLES } from "../tables.ts";
import { damageDocuments } from "./damage.ts";
import { FILLED_CHANGES } from "./filled-changes.ts";
import { FILLED_TABLES, FILL_STATEMENTS } from "./filled-tables.ts";
import { LoadRequests } from "./load-requests.ts";
import { describeFindings, verifyByCommand } from "./verify-command.ts";

/** How kills are counted that hit a load. */
export const KILL_LOADING = "… of which while tables were loaded";

/** How many documents are damaged by hand in the end. */
const DAMAGED = 500;

/** Where a run with loads takes place. */
export interface LoadSceneOptions {
  readonly seed: number;
  readonly elasticsearch: URL;
  readonly indexPrefix: string;
}

/**
 * Tables with more than 100,000 rows are loaded beside the stream, over and over, while the pipeline is killed. In the end `tailrace verify` must find no
 * document that differs; then documents are damaged by hand, and it must find and repair those and no others.
 */
export async function loadScene(options: LoadSceneOptions): Promise<ChaosScene> {
  const { seed, elasticsearch, indexPrefix } = options;
  const adminPort = await freePort();
  const names = [...FILLED_TABLES, ...TABLES].map(({ name }) => name);
  const loads = new LoadRequests(adminPort, names);
  return {
    tables: FILLED_TABLES,
    fill: FILL_STATEMENTS,
    changes: FILLED_CHANGES,
    load: { adminPort },
    onKill: (faults: Counts) => {
      if (loads.isLoading) faults.add(KILL_LOADING);
    },
    beside: (signal) => loads.keepLoading(seed, signal),
    inspect: async (config) => {
      await loads.finish();
      const before = await verifyByCommand(config);
      const damaged = await damageDocuments(
        elasticsearch,
        [
          { index: `${indexPrefix}ledger`, field: "note" },
          { index: `${indexPrefix}catalogue`, field: "name" },
        ],
        { count: DAMAGED, seed },
      );
      const repair = await verifyByCommand(config, ["--repair"]);
      const after = await verifyByCommand(config);
      return {
        notes: [
          `${loads.requested} loads were asked for beside the first ones.`,
          `Verification found ${repair.differences.length} of ${damaged.length} documents damaged by hand, and repaired ${repair.repaired}.`,
        ],
        problems: [
          ...describeFindings("before the damage", before, []),
          ...describeFindings("for repair", repair, damaged),
          ...describeFindings("after the repair", after, []),
        ],
      };
    },
  };
}

/** A port of this machine that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
