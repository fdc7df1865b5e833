import { join } from "node:path";
import { installDebianRoot } from "./debian-root.ts";
import { findFreePort } from "./ports.ts";
import { startDetached } from "./process.ts";
import type { ServerPackage, ServerProtocol } from "./server.ts";

/** etcd's own HTTP endpoints. */
export const etcdProtocol: ServerProtocol = {
  url: (port) => `http://127.0.0.1:${port}/`,
  probe: async (url) => {
    const signal = AbortSignal.timeout(5000);
    const health = await fetch(new URL("health", url), { signal });
    if (!health.ok) throw new Error(`etcd is not healthy: ${health.status}`);
    const version = await fetch(new URL("version", url), { signal });
    return ((await version.json()) as { readonly etcdserver: string }).etcdserver;
  },
};

/** etcd 3.5 from Debian 13: one member. */
export const etcdPackage: ServerPackage = {
  logFile: "server.log",
  bin: () => null,
  install: async (report) => {
    const { directory } = await installDebianRoot(
      "etcd-3.5",
      // written in Go: it needs libc for its loader only
      { suite: "trixie", packages: ["etcd-server", "libc6"], alone: [], programs: ["etcd"] },
      report,
    );
    return directory;
  },
  launch: async ({ directory, distribution, port, options }) => {
    const peer = `http://127.0.0.1:${await findFreePort()}`;
    const client = `http://127.0.0.1:${port}`;
    const settings = {
      name: "tailrace",
      "data-dir": join(directory, "data"),
      "listen-client-urls": client,
      "advertise-client-urls": client,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": `tailrace=${peer}`,
      "unsafe-no-fsync": true,
      ...options,
    };
    return startDetached({
      command: join(distribution, "bin", "etcd"),
      args: Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
      cwd: directory,
      logFile: join(directory, "server.log"),
    });
  },
};
