import { isAbsolute, resolve } from "node:path";
import { parse as parseToml, TomlError } from "smol-toml";
import { TailraceError } from "../core/errors.ts";
import type { KeyPath } from "./key-path.ts";
import { excerptAt, formatProblems, type ConfigProblem, type ConfigText } from "./problems.ts";
import { resolveReferences, type ReferenceSources } from "./references.ts";
import { locateTomlKeys } from "./toml-places.ts";

/** How a text is to be read. */
export type ConfigSyntax = "toml" | "json";

/** One text of a configuration. */
export interface WrittenText {
  /** Its name in messages, without secrets. */
  readonly file: string;
  readonly text: string;
  readonly syntax: ConfigSyntax;
  /** What relative paths in it are relative to. */
  readonly folder: string;
}

/** A configuration as it is written, of one text or of several put together. */
export interface WrittenConfig {
  readonly tree: unknown;
  /** The problems in words, each with its place in the text that it comes from. */
  readonly format: (problems: readonly ConfigProblem[]) => string;
}

/** Lists to which every text but the first adds; it holds nothing else. */
const ADDED = ["rules", "tests"] as const;

/**
 * Reads the texts of a configuration: the first with all sections, then those whose rules and tests are added to its own. References are resolved, those
 * without a value added to `problems`. Throws CONFIG_UNREADABLE for what is not TOML or JSON, CONFIG_INVALID for a section that only the first may have.
 */
export function readWritten(
  texts: readonly [WrittenText, ...WrittenText[]],
  sources: Omit<ReferenceSources, "folder">,
  problems: ConfigProblem[],
): WrittenConfig {
  const [main, ...others] = texts;
  const own: ConfigProblem[] = [];
  const read = ({ folder, ...rest }: WrittenText): unknown =>
    resolveReferences(parseText({ folder, ...rest }), { ...sources, folder }, own);
  const tree = read(main);
  const origins: Record<(typeof ADDED)[number], Origin[]> = { rules: [], tests: [] };
  problems.push(...own.splice(0));
  if (others.length === 0 || !isTable(tree)) {
    return { tree, format: (found) => formatProblems(found, placesOf(main)) };
  }
  const merged: Record<string, unknown> = { ...tree };
  for (const key of ADDED) {
    const list = listOf(tree[key]);
    origins[key] = list.map((_, index) => ({ text: main, index }));
    if (list.length > 0) merged[key] = [...list];
  }
  for (const text of others) {
    const added = read(text);
    checkAdded(added, text);
    for (const key of ADDED) {
      const list = listOf(added[key]);
      if (list.length === 0) continue;
      const at = origins[key].length;
      merged[key] = [...listOf(merged[key]), ...list.map((rule) => withFolder(rule, text.folder))];
      origins[key].push(...list.map((_, index) => ({ text, index })));
      problems.push(...own.filter(({ path }) => path[0] === key).map((it) => shift(it, at)));
    }
    own.length = 0;
  }
  const locate = ({ path }: ConfigProblem): Origin & { readonly path: KeyPath } => {
    const [key, index, ...rest] = path;
    const origin =
      (key === "rules" || key === "tests") && typeof index === "number"
        ? origins[key][index]
        : undefined;
    return origin === undefined
      ? { text: main, index: 0, path }
      : { ...origin, path: [key as string, origin.index, ...rest] };
  };
  return { tree: merged, format: (found) => formatByText(found, locate) };
}

/** Where an element of a list was written. */
interface Origin {
  readonly text: WrittenText;
  readonly index: number;
}

function formatByText(
  problems: readonly ConfigProblem[],
  locate: (problem: ConfigProblem) => Origin & { readonly path: KeyPath },
): string {
  const byText = new Map<WrittenText, ConfigProblem[]>();
  for (const problem of problems) {
    const { text, path } = locate(problem);
    const list = byText.get(text) ?? [];
    list.push({ ...problem, path });
    byText.set(text, list);
  }
  return [...byText].map(([text, list]) => formatProblems(list, placesOf(text))).join("\n\n");
}

function placesOf({ file, text, syntax }: WrittenText): ConfigText {
  return { file, text, places: syntax === "toml" ? locateTomlKeys(text) : new Map() };
}

function shift(problem: ConfigProblem, by: number): ConfigProblem {
  const [key = "", index, ...rest] = problem.path;
  return { ...problem, path: [key, Number(index) + by, ...rest] };
}

/** Throws CONFIG_INVALID unless there are only the lists that may be added to. */
function checkAdded(
  tree: unknown,
  text: WrittenText,
): asserts tree is Readonly<Record<string, unknown>> {
  const wrong: ConfigProblem[] = [];
  if (!isTable(tree)) wrong.push({ path: [], message: "must be a table" });
  for (const [key, value] of Object.entries(isTable(tree) ? tree : {})) {
    const isKnown = ADDED.some((each) => each === key);
    const message = isKnown
      ? `must be an array of tables, each begun with [[${key}]]`
      : "only [[rules]] and [[tests]] may stand beside the folder's tailrace.toml or tailrace.json";
    if (!isKnown || !Array.isArray(value)) wrong.push({ path: [key], message });
  }
  if (wrong.length > 0) {
    throw new TailraceError("CONFIG_INVALID", formatProblems(wrong, placesOf(text)));
  }
}

/** The rule with the path of its script made absolute: the other folder is not known later. */
function withFolder(rule: unknown, folder: string): unknown {
  if (!isTable(rule)) return rule;
  const { transform } = rule;
  return typeof transform === "string" && !isAbsolute(transform)
    ? { ...rule, transform: resolve(folder, transform) }
    : rule;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseText(source: WrittenText): unknown {
  return source.syntax === "toml" ? parseTomlText(source) : parseJsonText(source);
}

function parseTomlText(source: WrittenText): unknown {
  try {
    return parseToml(source.text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const lines = source.text.split("\n").slice(0, error.line - 1);
    const offset = lines.reduce((sum, line) => sum + line.length + 1, 0) + error.column - 1;
    const [reason = ""] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    throw unparsable(source, offset, reason);
  }
}

function parseJsonText(source: WrittenText): unknown {
  try {
    const tree: unknown = JSON.parse(source.text);
    if (!isTable(tree)) return tree;
    // Editors find the schema by this key; it means nothing to us.
    const { $schema: _, ...rest } = tree;
    return rest;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const offset = Number(/ at position (\d+)/.exec(message)?.[1] ?? source.text.length);
    // V8 quotes the text around the place, which may be a secret: keep what comes before.
    throw unparsable(
      source,
      offset,
      message.split(/, (?:\.\.\.)?"| in JSON| at position/, 1)[0] ?? "not JSON",
    );
  }
}

function unparsable(source: WrittenText, offset: number, reason: string): TailraceError {
  const { line, column, excerpt } = excerptAt(source.text, offset);
  return new TailraceError(
    "CONFIG_UNREADABLE",
    `${source.file}:${line}:${column}: ${reason}\n${excerpt}`,
  );
}
