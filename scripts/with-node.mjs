#!/usr/bin/env node
/**
 * Runs a TypeScript script of this repository under the Node version that the project pins (the npm package `node`), installing the
 * dependencies first when they are missing or not the ones of package-lock.json:
 *
 *     node scripts/with-node.mjs SCRIPT.ts [args…]
 *
 * Plain JavaScript for any Node from 18 on, because it runs before anything is installed. The exit code is the script's. SIGINT, SIGTERM
 * and SIGHUP are passed on; a script started from a terminal may see one Ctrl-C more than once (see scripts/stop-signals.ts).
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, "node_modules", ".bin");

/** Are the packages of package-lock.json installed, in those versions? npm records what it installed in a lock file of its own. */
function isInstalled() {
  try {
    const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
    const present = JSON.parse(
      readFileSync(join(root, "node_modules", ".package-lock.json"), "utf8"),
    ).packages;
    const missing = Object.entries(wanted).some(([path, entry]) => {
      if (path === "" || entry.link) return false;
      const found = present[path];
      return found ? found.version !== entry.version : !(entry.optional || entry.devOptional);
    });
    return !missing && existsSync(join(bin, "node"));
  } catch {
    return false;
  }
}

/** Installs the dependencies; ends the process when that fails. */
function install() {
  console.error("Installing dependencies (npm ci) …");
  // Without our own .bin, so that npm does not run on the Node that it is about to replace.
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== bin)
    .join(delimiter);
  const result = spawnSync("npm", ["ci", "--loglevel=error", "--no-audit", "--no-fund"], {
    cwd: root,
    env: { ...process.env, PATH: path },
    // npm's summary is of no interest here, its errors are.
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (result.signal) process.exit(128 + constants.signals[result.signal]);
  if (result.error || result.status !== 0) {
    const why = result.error ? result.error.message : `exit code ${result.status}`;
    console.error(
      `The dependencies could not be installed: npm ci failed (${why}). See its message above; check the network and your npm registry setting (npm config get registry), then try again.`,
    );
    process.exit(1);
  }
  if (!existsSync(join(bin, "node"))) {
    console.error(
      "npm ci ran, but the package `node` left no node_modules/.bin/node: its install script must be allowed to run (npm config get ignore-scripts must say false).",
    );
    process.exit(1);
  }
}

const [script, ...args] = process.argv.slice(2);
if (!script) {
  console.error("Usage: node scripts/with-node.mjs SCRIPT.ts [args…]");
  process.exit(2);
}
if (!isInstalled()) install();

const child = spawn(join(bin, "node"), [script, ...args], {
  stdio: "inherit",
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(`Cannot run ${script}: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1));
});
