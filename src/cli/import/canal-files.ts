import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parse as parseYaml, YAMLParseError } from "yaml";
import { TailraceError } from "../../core/errors.ts";
import { type CanalApplication, readApplication } from "./canal-application.ts";
import { type CanalFile, readCanalMapping } from "./canal-schema.ts";

/** The configuration folder of Canal's adapter. */
export interface CanalFolder {
  readonly application: CanalApplication | null;
  /** The mappings, in folders named `es…` by the folder's name. */
  readonly mappings: ReadonlyMap<string, readonly CanalFile[]>;
}

/**
 * Reads `conf` of Canal's adapter (application.yml, es6/*.yml, es7/*.yml, es8/*.yml), or one of its es folders alone. Throws CONFIG_UNREADABLE for what cannot
 * be read or is no YAML, and CONFIG_INVALID for what is no mapping.
 */
export async function readCanalFolder(path: string): Promise<CanalFolder> {
  const names = await list(path);
  const text = names.includes("application.yml") ? await read(join(path, "application.yml")) : null;
  const folders = names.filter((name) => /^es\d*$/.test(name)).toSorted();
  const mappings = new Map<string, readonly CanalFile[]>();
  if (folders.length === 0) mappings.set(basename(path), await readMappings(path, ""));
  for (const folder of folders) {
    mappings.set(folder, await readMappings(join(path, folder), `${folder}/`));
  }
  const application =
    text === null ? null : parsed(join(path, "application.yml"), () => readApplication(text));
  return { application, mappings };
}

async function readMappings(folder: string, prefix: string): Promise<readonly CanalFile[]> {
  const files: CanalFile[] = [];
  for (const name of (await list(folder)).toSorted()) {
    if (!/\.ya?ml$/.test(name) || name === "application.yml" || name === "bootstrap.yml") continue;
    const path = join(folder, name);
    const text = await read(path);
    const mapping = readCanalMapping(parsed(path, () => parseYaml(text) as unknown));
    if ("problem" in mapping)
      throw new TailraceError("CONFIG_INVALID", `${path} is no mapping: ${mapping.problem}`);
    files.push({ file: `${prefix}${name}`, mapping });
  }
  return files;
}

function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    const [reason = ""] = error.message.split("\n");
    throw new TailraceError("CONFIG_UNREADABLE", `${path}: ${reason}`);
  }
}

async function list(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    throw new TailraceError("CONFIG_UNREADABLE", `${path} cannot be read`, { cause: error });
  }
}

async function read(path: string): Promise<string> {
  return readFile(path, "utf8");
}
