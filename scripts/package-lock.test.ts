import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface LockEntry {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The folders in which a package at `path` looks for its dependencies, nearest first. */
function lookupFolders(path: string): string[] {
  const folders = [`${path === "" ? "" : `${path}/`}node_modules/`];
  for (let end = path.lastIndexOf("node_modules/"); end >= 0;) {
    folders.push(path.slice(0, end + "node_modules/".length));
    end = end === 0 ? -1 : path.lastIndexOf("node_modules/", end - 1);
  }
  return folders;
}

// npm leaves out of the lock what its registry does not offer (bindings for other platforms, say), and `npm ci` then refuses the lock
// everywhere: "Missing: … from lock file". The mend is an entry `{ version, cpu, os, libc, optional }` for each name below.
test("package-lock.json has an entry for every dependency, optional ones of other platforms too", () => {
  const lock = JSON.parse(
    readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"),
  ) as { readonly packages: Readonly<Record<string, LockEntry>> };
  const missing: string[] = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      if (!lookupFolders(path).some((folder) => folder + name in lock.packages)) {
        missing.push(`${name} of ${path}`);
      }
    }
  }
  expect(missing).toEqual([]);
});
