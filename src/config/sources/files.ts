import { watch, type FSWatcher } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { systemClock, type Clock } from "../../core/clock.ts";
import { TailraceError } from "../../core/errors.ts";
import type { ConfigSyntax, WrittenText } from "../written.ts";
import type { ConfigReader, ConfigTexts, SourceOptions } from "./source.ts";

/** The file with all sections in a folder. */
const MAIN_FILES = ["tailrace.toml", "tailrace.json"] as const;

/** Files of other tools that stand beside scripts. */
const FOREIGN_FILES = ["package.json", "package-lock.json", "tsconfig.json"];

/** Quiet for so long, and an editor or a copy of several files is done; nobody waits longer for that than the limit. */
const DEBOUNCE_MS = 100;
const DEBOUNCE_LIMIT_MS = 2_000;

const POLL_INTERVAL_MS = 30_000;

/**
 * Reads a file, or a folder: its `tailrace.toml` or `tailrace.json`, and the rules and tests of every other .toml and .json file there and in `rules/`, by
 * their paths' order. Changes are seen by watching the folders, not the files: editors put a new file in the old one's place, and Kubernetes swaps a
 * link. What a watch misses (network file systems, links that lead elsewhere) a look every now and then finds.
 */
export class FileReader implements ConfigReader {
  readonly name: string;
  readonly isCentre = false;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #pollIntervalMs: number;
  #watchers: readonly FSWatcher[] = [];
  /** When something was changed last, ms. */
  #eventAtMs = 0;
  #changed = Promise.withResolvers<void>();

  constructor(path: string, options: SourceOptions = {}) {
    this.name = path;
    this.#path = resolve(path);
    this.#clock = options.clock ?? systemClock;
    this.#pollIntervalMs = options.pollIntervalMs ?? POLL_INTERVAL_MS;
  }

  async read(): Promise<ConfigTexts> {
    // before reading: what changes from now on is seen
    const isFolder = await isDirectory(this.#path);
    await this.#watch(isFolder ? [this.#path, join(this.#path, "rules")] : [dirname(this.#path)]);
    return isFolder ? readFolder(this.name, this.#path) : [await readText(this.name, this.#path)];
  }

  async wait(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const poll = this.#clock.sleep(this.#pollIntervalMs, AbortSignal.any([signal, ended.signal]));
    const changed = this.#changed;
    await Promise.race([changed.promise, poll]);
    ended.abort();
    const limitMs = this.#clock.now() + DEBOUNCE_LIMIT_MS;
    do await this.#clock.sleep(DEBOUNCE_MS, signal);
    while (!signal.aborted && this.#isBusy(limitMs));
  }

  #isBusy(limitMs: number): boolean {
    const nowMs = this.#clock.now();
    return nowMs < limitMs && nowMs - this.#eventAtMs < DEBOUNCE_MS;
  }

  async #watch(folders: readonly string[]): Promise<void> {
    this.#close();
    // who waits for what the old watchers see waits in vain
    this.#changed.resolve();
    const changed = Promise.withResolvers<void>();
    this.#changed = changed;
    const places = new Set(folders);
    // a link to the file may stay while its target's folder changes
    const real = await realpath(this.#path).catch(() => null);
    if (real !== null) places.add(dirname(real));
    this.#watchers = [...places].flatMap((folder) => {
      try {
        const watcher = watch(folder, { persistent: false }, () => {
          this.#eventAtMs = this.#clock.now();
          changed.resolve();
        });
        watcher.on("error", () => watcher.close());
        return [watcher];
      } catch {
        // not there, or no more watches: looking now and then must do
        return [];
      }
    });
  }

  #close(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }
}

async function readFolder(name: string, folder: string): Promise<ConfigTexts> {
  const files = [
    ...(await listFiles(folder)),
    ...(await listFiles(join(folder, "rules"))).map((file) => join("rules", file)),
  ];
  const mains = MAIN_FILES.filter((file) => files.includes(file));
  const [main] = mains;
  if (main === undefined || mains.length > 1) {
    const what = main === undefined ? "neither" : "both";
    throw new TailraceError(
      "CONFIG_UNREADABLE",
      `${name} has ${what} ${MAIN_FILES.join(main === undefined ? " nor " : " and ")}`,
    );
  }
  const others = files.filter((file) => file !== main && !FOREIGN_FILES.includes(file)).toSorted();
  const read = (file: string): Promise<WrittenText> =>
    readText(join(name, file), join(folder, file));
  return [await read(main), ...(await Promise.all(others.map(read)))];
}

/** The .toml and .json files of a folder that are not hidden; none when there is no folder. */
async function listFiles(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw unreadable(folder, error);
  });
  return files.filter((file) => !file.startsWith(".") && syntaxOf(file) !== undefined);
}

async function readText(name: string, path: string): Promise<WrittenText> {
  const syntax = syntaxOf(path);
  if (syntax === undefined) {
    throw new TailraceError("CONFIG_UNREADABLE", `${name} must end in .toml or .json`);
  }
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw unreadable(name, error);
  });
  return { file: name, text, syntax, folder: dirname(path) };
}

function syntaxOf(path: string): ConfigSyntax | undefined {
  const syntaxes: Readonly<Record<string, ConfigSyntax>> = { ".toml": "toml", ".json": "json" };
  return syntaxes[extname(path).toLowerCase()];
}

function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function unreadable(name: string, cause: unknown): TailraceError {
  return new TailraceError("CONFIG_UNREADABLE", `${name} cannot be read`, { cause });
}
