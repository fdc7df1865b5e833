import { hasCommand, requireCommand, runCommand } from "./command.ts";

/** `nobody` and its group, by number: they exist without an entry in /etc/passwd too. */
const NOBODY = "65534";

const DROP = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];

const KEEP_FILE_ACCESS = [
  "--inh-caps=+dac_override",
  "--ambient-caps=+dac_override",
  "--securebits=+no_setuid_fixup",
];

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * What to put before a server's command line so that it does not run as root, which servers refuse; nothing for another user. `setpriv`
 * replaces itself by the server, which so has the process id that was started.
 *
 * When `nobody` cannot reach one of the folders (a checkout below /root, a strict umask) the server keeps one capability of root: to pass
 * file permissions, in access(2) too, which without `no_setuid_fixup` ignores capabilities. Opening the folders would change what is not
 * ours.
 */
export async function unprivilegedPrefix(folders: readonly string[]): Promise<readonly string[]> {
  if (!isRoot()) return [];
  requireCommand("setpriv", "It is part of util-linux: apt-get install util-linux.");
  const [command = "", ...args] = DROP;
  try {
    for (const folder of folders) {
      await runCommand(command, [...args, "test", "-r", folder, "-a", "-x", folder]);
    }
    return DROP;
  } catch {
    return [...DROP, ...KEEP_FILE_ACCESS];
  }
}

/** Gives a server's folder and all in it to the user that {@link unprivilegedPrefix} makes it run as. */
export async function giveToServer(folder: string): Promise<void> {
  if (isRoot() && hasCommand("chown"))
    await runCommand("chown", ["-R", `${NOBODY}:${NOBODY}`, folder]);
}
