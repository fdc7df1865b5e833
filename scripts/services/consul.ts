import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerOptions } from "./contract.ts";
import { installDebianRoot } from "./debian-root.ts";
import { findFreePort } from "./ports.ts";
import { startDetached } from "./process.ts";
import type { ServerPackage, ServerProtocol } from "./server.ts";

/** Consul's own HTTP endpoints. Its version needs a token where there are ACLs, so it is only told where there are none. */
export const consulProtocol: ServerProtocol = {
  url: (port) => `http://127.0.0.1:${port}/`,
  probe: async (url) => {
    const signal = AbortSignal.timeout(5000);
    const leader = await fetch(new URL("v1/status/leader", url), { signal });
    if (!leader.ok || (await leader.text()) === '""') throw new Error("Consul has no leader");
    const self = await fetch(new URL("v1/agent/self", url), { signal });
    if (!self.ok) return "1.8";
    const { Config } = (await self.json()) as { readonly Config: { readonly Version: string } };
    return Config.Version;
  },
};

/** Consul 1.8 from Debian 11, the last release that has it: one server. */
export const consulPackage: ServerPackage = {
  logFile: "server.log",
  bin: () => null,
  install: async (report) => {
    const { directory } = await installDebianRoot(
      "consul-1.8",
      { suite: "bullseye", packages: ["consul", "libc6"], alone: [], programs: ["consul"] },
      report,
    );
    return directory;
  },
  launch: async ({ directory, distribution, port, options }) => {
    const settings = nest({
      server: true,
      bootstrap_expect: 1,
      data_dir: join(directory, "data"),
      bind_addr: "127.0.0.1",
      client_addr: "127.0.0.1",
      disable_update_check: true,
      // an election of one takes no patience
      "performance.raft_multiplier": 1,
      "ports.http": port,
      "ports.dns": -1,
      "ports.grpc": -1,
      "ports.server": await findFreePort(),
      "ports.serf_lan": await findFreePort(),
      "ports.serf_wan": -1,
      ...options,
    });
    const file = join(directory, "consul.json");
    await writeFile(file, JSON.stringify(settings, null, 2));
    return startDetached({
      command: join(distribution, "bin", "consul"),
      args: ["agent", `-config-file=${file}`],
      cwd: directory,
      logFile: join(directory, "server.log"),
    });
  },
};

/** Options with dots in their names as the tables that they mean. */
export function nest(options: ServerOptions): object {
  const root: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    const keys = name.split(".");
    const last = keys.pop() ?? name;
    let table = root;
    for (const key of keys) table = (table[key] ??= {}) as Record<string, unknown>;
    table[last] = value;
  }
  return root;
}
