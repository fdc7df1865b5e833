import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findJavaHome } from "./java.ts";
import { installZippedServer } from "./maven.ts";
import { startDetached } from "./process.ts";
import {
  makeProgramsExecutable,
  searchSettings,
  writeSearchConfiguration,
} from "./search-server.ts";
import type { ServerPackage } from "./server.ts";
import { giveToServer, unprivilegedPrefix } from "./unprivileged.ts";

const VERSION = "3.8.0";
const JAVA = 21;

/** Large, or slow to start, and of no use for indexing and searching. */
const NOT_WANTED_MODULES = [
  "cache-common",
  "ingest-geoip",
  "ingest-user-agent",
  "opensearch-dashboards",
  "rule-framework",
  "store-subdirectory",
  "transport-grpc",
];

function javaHome(): string {
  return findJavaHome("OpenSearch", JAVA);
}

/** OpenSearch as its makers publish it for integration tests: plain HTTP, no users. */
export const opensearchPackage: ServerPackage = {
  logFile: "logs/console.log",
  bin: () => null,
  install: (report) => {
    const java = javaHome();
    report(`OpenSearch ${VERSION}, with the Java of ${java}`);
    return installZippedServer(
      {
        group: "org.opensearch.distribution.integ-test-zip",
        artifact: "opensearch",
        version: VERSION,
      },
      java,
      async (folder) => {
        await makeProgramsExecutable(folder);
        for (const module of NOT_WANTED_MODULES) {
          await rm(join(folder, "modules", module), { recursive: true, force: true });
        }
      },
    );
  },
  launch: async (plan) => {
    const { directory, distribution } = plan;
    const configuration = await writeSearchConfiguration(
      plan,
      "opensearch.yml",
      searchSettings(plan),
    );
    await correctPaths(configuration, directory);
    await giveToServer(directory);
    const [command, ...args] = [
      ...(await unprivilegedPrefix([distribution, directory])),
      join(distribution, "bin", "opensearch"),
    ];
    return startDetached({
      command,
      args,
      cwd: directory,
      env: {
        OPENSEARCH_JAVA_HOME: javaHome(),
        OPENSEARCH_PATH_CONF: configuration,
        OPENSEARCH_TMPDIR: join(directory, "tmp"),
        HOME: directory,
      },
      logFile: join(directory, "logs", "console.log"),
    });
  },
};

/** The stock jvm.options names files under the distribution's folder, which the server may not write to. */
async function correctPaths(configuration: string, directory: string): Promise<void> {
  const file = join(configuration, "jvm.options");
  const lines = (await readFile(file, "utf8"))
    .split("\n")
    .filter((line) => !line.includes("gc.log"))
    .map((line) =>
      line
        .replace("HeapDumpPath=data", `HeapDumpPath=${join(directory, "data")}`)
        .replace("ErrorFile=logs", `ErrorFile=${join(directory, "logs")}`),
    );
  await writeFile(file, lines.join("\n"));
}
