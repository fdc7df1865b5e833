import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { requireCommand, runCommand } from "./command.ts";
import { exists } from "./debian-root.ts";
import { withLock } from "./lock.ts";
import { cacheDirectory } from "./paths.ts";

const DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";

/** A zip file in Maven's repository whose one top folder is a server. */
export interface ZippedServer {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

/** Runs Maven with a local repository in the cache, in which it works alone. */
export async function runMaven(args: readonly string[]): Promise<void> {
  requireCommand("mvn", "Install it: apt-get install maven.");
  const repository = join(cacheDirectory(), "maven");
  await mkdir(repository, { recursive: true });
  const quiet = ["-q", "-B", "-ntp", "-Dstyle.color=never", `-Dmaven.repo.local=${repository}`];
  await withLock(repository, () => runCommand("mvn", [...quiet, ...args]));
}

/**
 * Unpacks a zipped server into the cache, unless it is there, and returns its folder. `complete` finishes the folder before anybody
 * sees it.
 */
export async function installZippedServer(
  server: ZippedServer,
  javaHome: string,
  complete: (folder: string) => Promise<void>,
): Promise<string> {
  const { group, artifact, version } = server;
  const folder = join(cacheDirectory(), "dist", `${artifact}-${version}`);
  await withLock(folder, async () => {
    if (await exists(folder)) return;
    await runMaven([
      `${DEPENDENCY_PLUGIN}:get`,
      "-Dtransitive=false",
      `-Dartifact=${group}:${artifact}:${version}:zip`,
    ]);
    const stored = join(cacheDirectory(), "maven", ...group.split("."), artifact, version);
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await runCommand(
      join(javaHome, "bin", "jar"),
      ["xf", join(stored, `${artifact}-${version}.zip`)],
      { cwd: partial },
    );
    await rm(stored, { recursive: true });
    const unpacked = join(partial, `${artifact}-${version}`);
    await complete(unpacked);
    await rename(unpacked, folder);
    await rm(partial, { recursive: true });
  });
  return folder;
}

/** Copies artifacts (`group:artifact:version`) and all they need at run time into a folder of the cache, unless it is there; returns it. */
export async function installJars(name: string, artifacts: readonly string[]): Promise<string> {
  const folder = join(cacheDirectory(), "dist", name);
  await withLock(folder, async () => {
    if (await exists(folder)) return;
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    const pom = join(partial, "pom.xml");
    await writeFile(pom, projectOf(artifacts));
    await runMaven([
      "-f",
      pom,
      `${DEPENDENCY_PLUGIN}:copy-dependencies`,
      "-DincludeScope=runtime",
      `-DoutputDirectory=${partial}`,
    ]);
    await rename(partial, folder);
  });
  return folder;
}

function projectOf(artifacts: readonly string[]): string {
  const coordinates = (text: string): string => {
    const [group, artifact, version] = text.split(":");
    return `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`;
  };
  const dependencies = artifacts.map((it) => `<dependency>${coordinates(it)}</dependency>`);
  return `<project><modelVersion>4.0.0</modelVersion>${coordinates("tailrace:jars:1")}<dependencies>${dependencies.join("")}</dependencies></project>\n`;
}
