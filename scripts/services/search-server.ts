import { chmod, cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerOptions } from "./contract.ts";
import type { LaunchPlan, ServerProtocol } from "./server.ts";

/** How Elasticsearch and OpenSearch are spoken to. */
export const searchProtocol: ServerProtocol = {
  url: (port) => `http://127.0.0.1:${port}/`,
  probe: async (url) => {
    await getJson(new URL("_cluster/health?wait_for_status=yellow&timeout=20s", url));
    const answer = (await getJson(new URL("/", url))) as { version?: { number?: string } };
    return answer.version?.number ?? "";
  },
};

async function getJson(url: URL): Promise<unknown> {
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const credentials = Buffer.from(
    `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
  ).toString("base64");
  const response = await fetch(url, {
    headers: username === "" ? {} : { authorization: `Basic ${credentials}` },
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url.href} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** One node on loopback that keeps to itself, whatever the state of the disk. */
export function searchSettings(plan: LaunchPlan): ServerOptions {
  return {
    "cluster.name": "tailrace",
    "node.name": "tailrace",
    "discovery.type": "single-node",
    "network.host": "127.0.0.1",
    "http.port": plan.port,
    // Any free one: nobody else connects there.
    "transport.port": 0,
    "path.data": join(plan.directory, "data"),
    "path.logs": join(plan.directory, "logs"),
    "cluster.routing.allocation.disk.threshold_enabled": false,
  };
}

const LOGGING = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

/** Writes a node's configuration folder: the distribution's own, with our settings, one log, and the heap asked for. */
export async function writeSearchConfiguration(
  plan: LaunchPlan,
  file: string,
  settings: ServerOptions,
): Promise<string> {
  const configuration = join(plan.directory, "config");
  await rm(configuration, { recursive: true, force: true });
  await cp(join(plan.distribution, "config"), configuration, { recursive: true });
  for (const folder of ["data", "logs", "tmp", "config/jvm.options.d"]) {
    await mkdir(join(plan.directory, folder), { recursive: true });
  }
  const lines = Object.entries({ ...settings, ...plan.options }).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}`,
  );
  await writeFile(join(configuration, file), `${lines.join("\n")}\n`);
  await writeFile(join(configuration, "log4j2.properties"), LOGGING);
  const jvm = [`-Xms${plan.heap}`, `-Xmx${plan.heap}`, "-XX:-AlwaysPreTouch"];
  if (plan.quickStart) jvm.push("-XX:TieredStopAtLevel=1");
  await writeFile(join(configuration, "jvm.options.d", "tailrace.options"), `${jvm.join("\n")}\n`);
  return configuration;
}

/** Makes the programs in a distribution's `bin/` executable: `jar` unpacks without permissions. */
export async function makeProgramsExecutable(folder: string): Promise<void> {
  for (const program of await readdir(join(folder, "bin"))) {
    await chmod(join(folder, "bin", program), 0o755);
  }
}
