import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./command.ts";
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

const VERSION = "9.5.3";
const JAVA = 21;

function javaHome(): string {
  return findJavaHome("Elasticsearch", JAVA);
}

/** Elasticsearch as its makers publish it for integration tests: the server with few of its modules. */
export const elasticsearchPackage: ServerPackage = {
  logFile: "logs/console.log",
  bin: () => null,
  install: (report) => {
    const java = javaHome();
    report(`Elasticsearch ${VERSION}, with the Java of ${java}`);
    return installZippedServer(
      {
        group: "org.elasticsearch.distribution.integ-test-zip",
        artifact: "elasticsearch",
        version: VERSION,
      },
      java,
      async (folder) => {
        await makeProgramsExecutable(folder);
        await addRootPlugin(folder, java);
      },
    );
  },
  launch: async (plan) => {
    const configuration = await writeSearchConfiguration(plan, "elasticsearch.yml", {
      ...searchSettings(plan),
      "xpack.security.enabled": false,
    });
    await rm(join(plan.directory, "server.pid"), { force: true });
    await giveToServer(plan.directory);
    const [command, ...args] = [
      ...(await unprivilegedPrefix([plan.distribution, plan.directory])),
      join(plan.distribution, "bin", "elasticsearch"),
      // In the foreground: the launcher stays, and the server ends when the launcher does.
      "--pidfile",
      join(plan.directory, "server.pid"),
    ];
    return startDetached({
      command,
      args,
      cwd: plan.directory,
      env: {
        ES_JAVA_HOME: javaHome(),
        ES_PATH_CONF: configuration,
        ES_TMPDIR: join(plan.directory, "tmp"),
        HOME: plan.directory,
      },
      logFile: join(plan.directory, "logs", "console.log"),
    });
  },
  serverPid: async (directory) => {
    const text = await readFile(join(directory, "server.pid"), "utf8").catch(() => "");
    return /^\d+$/.test(text.trim()) ? Number(text) : null;
  },
};

/** Compiles the plugin that answers `GET /` against the distribution's own jars and puts it into its `plugins/`. */
async function addRootPlugin(folder: string, java: string): Promise<void> {
  const source = fileURLToPath(new URL("RootPlugin.java", import.meta.url));
  const plugin = join(folder, "plugins", "root");
  const classes = join(folder, "plugins", "classes");
  await mkdir(plugin, { recursive: true });
  const jars = (await readdir(join(folder, "lib"))).filter((file) => file.endsWith(".jar"));
  const classPath = jars.map((file) => join(folder, "lib", file)).join(":");
  const compile = ["--release", String(JAVA), "-nowarn", "-proc:none", "-cp", classPath];
  await runCommand(join(java, "bin", "javac"), [...compile, "-d", classes, source]);
  await runCommand(join(java, "bin", "jar"), ["cf", join(plugin, "root.jar"), "-C", classes, "."]);
  await rm(classes, { recursive: true });
  const descriptor = [
    "name=root",
    "description=Answers GET / and HEAD /",
    "version=1",
    "classname=tailrace.RootPlugin",
    `java.version=${JAVA}`,
    `elasticsearch.version=${VERSION}`,
  ];
  await writeFile(join(plugin, "plugin-descriptor.properties"), `${descriptor.join("\n")}\n`);
}
