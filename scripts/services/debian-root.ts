import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import type { PackageSet } from "./apt.ts";
import { withDownloadedPackages } from "./apt.ts";
import { runCommand } from "./command.ts";
import { withLock } from "./lock.ts";
import { cacheDirectory } from "./paths.ts";

/** A server's files under a prefix. */
export interface DebianRoot {
  /** `bin/PROGRAM` for each program named, and `root/` with the packages' files. */
  readonly directory: string;
}

const NOT_WANTED = ["doc", "man", "locale", "lintian", "bug", "info"];

/**
 * Unpacks Debian packages into the cache folder under `name`, unless they are there, and writes a starter into `bin/` for each of the
 * `programs`. A starter runs its program under the dynamic loader and the libraries of the packages themselves, so a server built for a
 * newer libc runs on an older machine, without root and without being installed.
 */
export async function installDebianRoot(
  name: string,
  set: PackageSet & { readonly programs: readonly string[] },
  report: (line: string) => void,
): Promise<DebianRoot> {
  const directory = join(cacheDirectory(), "dist", name);
  await withLock(directory, async () => {
    if (await exists(directory)) return;
    report(`downloading ${set.packages.join(", ")} from Debian ${set.suite}`);
    const partial = `${directory}.partial`;
    await rm(partial, { recursive: true, force: true });
    const root = join(partial, "root");
    await mkdir(root, { recursive: true });
    await withDownloadedPackages(set, async (folder, files) => {
      report(`unpacking ${files.length} packages`);
      for (const file of files) await runCommand("dpkg-deb", ["-x", join(folder, file), root]);
    });
    for (const folder of NOT_WANTED) {
      await rm(join(root, "usr", "share", folder), { recursive: true, force: true });
    }
    await removeOtherPrograms(root, set.programs);
    await writeStarters(partial, set.programs);
    // Complete or not there: nobody sees a part.
    await rename(partial, directory);
  });
  return { directory };
}

/** Does this path exist? */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Deletes the programs that nobody asked for: more than half of all bytes. */
async function removeOtherPrograms(root: string, programs: readonly string[]): Promise<void> {
  for (const folder of ["usr/bin", "usr/sbin", "bin", "sbin"]) {
    for (const program of await readdir(join(root, folder)).catch(() => [])) {
      if (!programs.includes(program)) await rm(join(root, folder, program), { recursive: true });
    }
  }
}

async function writeStarters(directory: string, programs: readonly string[]): Promise<void> {
  const root = join(directory, "root");
  const loader = await findLoader(root);
  // Libraries lie in the loader's folder, and in the one of the same name in the other of /lib and /usr/lib.
  const triplet = basename(dirname(loader));
  const libraries = [join(root, "usr/lib", triplet), join(root, "lib", triplet)];
  await mkdir(join(directory, "bin"));
  for (const program of programs) {
    const file = await findProgram(root, program);
    const list = ["--library-path", libraries.join(":"), "--list", file];
    const missing = (await runCommand(loader, list)).match(/.*not found.*/g);
    if (missing !== null) throw new Error(`${program} lacks libraries:\n${missing.join("\n")}`);
    const place = (path: string): string => `$D/${relative(directory, path)}`;
    // loaders before libc 2.33 cannot be told the program's name
    const name = (await takesName(loader, file)) ? ` --argv0 "${place(file)}"` : "";
    const starter = join(directory, "bin", program);
    await writeFile(
      starter,
      [
        "#!/bin/sh",
        'D=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")',
        `exec "${place(loader)}" --library-path "${libraries.map(place).join(":")}"${name} "${place(file)}" "$@"`,
        "",
      ].join("\n"),
    );
    await chmod(starter, 0o755);
  }
}

/** The dynamic loader of the packages' libc: `usr/lib/TRIPLET/ld-linux-….so.N`. */
async function findLoader(root: string): Promise<string> {
  for (const base of ["usr/lib", "lib"]) {
    for (const folder of await readdir(join(root, base)).catch(() => [])) {
      const files = await readdir(join(root, base, folder)).catch(() => []);
      const loader = files.find((file) => /^ld-linux.*\.so\.\d+$/.test(file));
      if (loader !== undefined) return join(root, base, folder, loader);
    }
  }
  throw new Error(`The packages under ${root} have no dynamic loader`);
}

async function takesName(loader: string, program: string): Promise<boolean> {
  return runCommand(loader, ["--argv0", program, "--verify", program]).then(
    () => true,
    () => false,
  );
}

async function findProgram(root: string, program: string): Promise<string> {
  for (const folder of ["usr/sbin", "usr/bin"]) {
    const file = join(root, folder, program);
    if (await exists(file)) return file;
  }
  throw new Error(`The packages under ${root} have no program ${program}`);
}
