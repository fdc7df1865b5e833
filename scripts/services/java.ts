import { existsSync, readFileSync, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

const INSTALLED = "/usr/lib/jvm";

/**
 * Home of a Java development kit of at least the major version: the one that TAILRACE_JAVA_HOME or JAVA_HOME names if it is new enough,
 * else the oldest sufficient one that is installed. Throws, saying what to install, when there is none.
 */
export function findJavaHome(server: string, minimum: number): string {
  const named = [process.env["TAILRACE_JAVA_HOME"], process.env["JAVA_HOME"]];
  for (const home of named) {
    if (home && (javaVersion(home) ?? 0) >= minimum) return home;
  }
  const homes = [
    ...listFolders(INSTALLED).map((name) => join(INSTALLED, name)),
    ...(process.env["PATH"] ?? "").split(delimiter).flatMap(homeOfProgram),
  ];
  const usable = homes
    .map((home) => ({ home, version: javaVersion(home) ?? 0 }))
    .filter(({ version }) => version >= minimum)
    .toSorted((a, b) => a.version - b.version);
  const [first] = usable;
  if (first === undefined) {
    throw new Error(
      `${server} needs a Java development kit of version ${minimum} or newer, and none is installed. Install one (Debian 13: apt-get install openjdk-${minimum}-jdk-headless) or name its folder in JAVA_HOME.`,
    );
  }
  return first.home;
}

/** Major version of the development kit in a folder, or null when there is none (a mere runtime has no compiler). */
function javaVersion(home: string): number | null {
  if (!existsSync(join(home, "bin", "javac"))) return null;
  try {
    const release = readFileSync(join(home, "release"), "utf8");
    const major = /^JAVA_VERSION="(?:1\.)?(\d+)/m.exec(release)?.[1];
    return major === undefined ? null : Number(major);
  } catch {
    return null;
  }
}

function homeOfProgram(folder: string): string[] {
  try {
    return [dirname(dirname(realpathSync(join(folder, "javac"))))];
  } catch {
    return [];
  }
}

function listFolders(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
