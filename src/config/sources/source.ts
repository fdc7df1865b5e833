import { createHash } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logger.ts";
import type { WrittenText } from "../written.ts";

/** The texts of a configuration as they were at one moment: the first with all sections, the others with more rules and tests. */
export type ConfigTexts = readonly [WrittenText, ...WrittenText[]];

/** A configuration as its source had it at one moment. */
export interface ConfigSnapshot {
  readonly texts: ConfigTexts;
  /** Where it comes from, without secrets. */
  readonly name: string;
  /** A digest of the texts: equal for equal texts, whatever happened in between. */
  readonly revision: string;
}

/** Where a configuration is kept. Disposing of it closes its connections. */
export interface ConfigSource extends AsyncDisposable {
  /** For messages, without secrets. */
  readonly name: string;
  /** Reached over a network, so that it may be away while we start. */
  readonly isCentre: boolean;
  /** The configuration now. Throws CONFIG_CENTRE_UNAVAILABLE when there is no answer, CONFIG_UNREADABLE when the answer is no. */
  read(): Promise<ConfigSnapshot>;
  /**
   * Gives the configuration whenever it is another than the one given last, by `read` too, until the signal aborts. What goes wrong is logged, once an
   * outage and louder when it lasts, and tried again; changes made meanwhile are given afterwards.
   */
  changes(signal: AbortSignal, logger?: Logger): AsyncIterable<ConfigSnapshot>;
}

/** The way into one kind of source, as far as sources differ. */
export interface ConfigReader extends AsyncDisposable {
  readonly name: string;
  readonly isCentre: boolean;
  /** The texts now. Throws CONFIG_CENTRE_UNAVAILABLE or CONFIG_UNREADABLE. */
  read(signal: AbortSignal): Promise<ConfigTexts>;
  /** Resolves when the texts may be others than those last read, sometimes for nothing; at the latest when the signal aborts. Throws as `read`. */
  wait(signal: AbortSignal): Promise<void>;
}

/** What opening a source takes besides its location; the real ones by default. */
export interface SourceOptions {
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly clock?: Clock | undefined;
  /** How often a source is looked at that cannot tell of changes, and files although they can, ms. Default 30 s. */
  readonly pollIntervalMs?: number | undefined;
}

/** The snapshot of these texts. */
export function snapshotOf(name: string, texts: ConfigTexts): ConfigSnapshot {
  const parts = texts.map(({ file, syntax, text }) => JSON.stringify([file, syntax, text]));
  const revision = createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 16);
  return { name, texts, revision };
}

/** The one text of a centre: JSON when it begins with a brace, which TOML cannot, else TOML; relative paths are relative to the working directory. */
export function centreTexts(name: string, text: string): ConfigTexts {
  const syntax = text.trimStart().startsWith("{") ? "json" : "toml";
  return [{ file: name, text, syntax, folder: process.cwd() }];
}
