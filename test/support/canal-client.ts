import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasCommand, runCommand } from "../../scripts/services/command.ts";
import { findJavaHome } from "../../scripts/services/java.ts";
import { installJars } from "../../scripts/services/maven.ts";

const PROTOCOL = "com.alibaba.otter:canal.protocol:1.1.8";
/** Runs a single source file without compiling it first. */
const JAVA = 17;

/** Are there Maven, to fetch it, and Java, to run it? */
export function hasCanalClient(): boolean {
  return hasCommand("mvn") && hasCommand("java");
}

/** What Canal's own client (its class `FlatMessage`, from Maven) reads from flat messages, each as text; a member for each of its fields. */
export async function readWithCanalClient(values: readonly string[]): Promise<unknown[]> {
  const java = findJavaHome("Canal's client", JAVA);
  const jars = await installJars("canal-protocol-1.1.8", [PROTOCOL]);
  const source = fileURLToPath(new URL("ReadFlatMessages.java", import.meta.url));
  const input = values.map((value) => `${value}\n`).join("");
  const args = ["-cp", join(jars, "*"), source];
  const output = await runCommand(join(java, "bin", "java"), args, { input });
  return output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}
