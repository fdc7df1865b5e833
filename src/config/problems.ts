import type { z } from "zod";
import { formatPath, valueAt, type KeyPath } from "./key-path.ts";
import { knownKeys, nearestName } from "./known-keys.ts";
import { hideUrlPasswords } from "../core/redact.ts";
import { showPlace, type TextPlace } from "../core/text-place.ts";
import type { TomlPlace } from "./toml-places.ts";

/** Something wrong with a configuration, at a place of it. The message holds no secret. */
export interface ConfigProblem {
  readonly path: KeyPath;
  readonly message: string;
  /** A reference that has no value, rather than something badly written. */
  readonly isMissingSecret?: boolean;
  /** Where in the key's text, when that is a text of SQL. */
  readonly within?: { readonly text: string; readonly at: number };
}

/** Takes a problem at a place below the table that is being read. */
export type Report = (path: KeyPath, message: string) => void;

/** Adds problems at places below `prefix`. */
export function reportBelow(prefix: KeyPath, problems: ConfigProblem[]): Report {
  return (path, message) => {
    problems.push({ path: [...prefix, ...path], message });
  };
}

/** The text that a configuration was read from, to show places in it; `places` is empty for JSON. */
export interface ConfigText {
  readonly file: string;
  readonly text: string;
  readonly places: ReadonlyMap<string, TomlPlace>;
}

/** What the schema found in `root`, one problem a place, in our words. */
export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  root: unknown,
): readonly ConfigProblem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.filter((key) => typeof key !== "symbol");
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: unknownKey(key, path, root),
      }));
    }
    const meant = issue.code === "invalid_union" ? meantVariant(issue.errors) : null;
    if (meant !== null) {
      const inner = meant.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
      return describeIssues(inner, root);
    }
    return [{ path, message: describeIssue(issue, valueAt(root, path), path) }];
  });
}

/** What is wrong with the only variant whose keys are there, so that it must be meant; null when none or several are. */
function meantVariant(variants: readonly Issues[]): Issues | null {
  const meant = variants.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 && issue.code !== "unrecognized_keys"),
  );
  return meant.length === 1 && meant[0]?.length !== 0 ? (meant[0] ?? null) : null;
}

type Issues = readonly z.core.$ZodIssue[];

/** All problems in the order of the file, each with its place; for TOML with line, column, the line and a caret. */
export function formatProblems(problems: readonly ConfigProblem[], source: ConfigText): string {
  const placed = problems.map((problem) => ({ problem, offset: offsetOf(problem, source) }));
  placed.sort((a, b) => (a.offset?.at ?? -1) - (b.offset?.at ?? -1));
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = placed.map(({ problem, offset }) => {
    const text = `${formatPath(problem.path) || "the whole"}: ${problem.message}`;
    const inner = problem.within === undefined ? "" : `\n${excerptWithin(problem.within)}`;
    if (offset === null) return `${text}${inner}`;
    // what stands at an unknown key, or beside what is missing, may be anything
    const hide = offset.isOwn ? hideSecrets : hideValue;
    const { line, column, excerpt } = showPlace(source.text, offset.at, hide);
    return `${source.file}:${line}:${column}: ${text}\n${offset.isExact ? excerpt : inner.slice(1)}`;
  });
  return `${count} in ${source.file}\n\n${lines.join("\n\n")}`;
}

/** {@link showPlace} of a text that cannot be read: what its values are is not known, so that they are hidden. */
export function excerptAt(text: string, offset: number): TextPlace {
  return showPlace(text, offset, (line) => hideSecrets(line).replaceAll(STRING, "$1***$2"));
}

function excerptWithin({ text, at }: NonNullable<ConfigProblem["within"]>): string {
  return showPlace(text, at, hideSecrets).excerpt;
}

/** A place in a configuration's text; not `isExact` when it is that of a key whose text cannot be followed further. */
interface Offset {
  readonly at: number;
  readonly isExact: boolean;
  /** The value that the problem is about stands there. */
  readonly isOwn: boolean;
}

/** The problem's own place, or that of the nearest table around it: what is missing has no place itself. */
function offsetOf(problem: ConfigProblem, source: ConfigText): Offset | null {
  const { path, within } = problem;
  for (let length = path.length; length > 0; length -= 1) {
    const place = source.places.get(formatPath(path.slice(0, length)));
    if (place === undefined) continue;
    if (length < path.length) return { at: place.key, isExact: within === undefined, isOwn: false };
    if (within !== undefined) return offsetWithin(within, place.value, source.text);
    const isUnknownKey = problem.message.startsWith(UNKNOWN_KEY);
    const isOwn = !isUnknownKey;
    return { at: isUnknownKey ? place.key : place.value, isExact: true, isOwn };
  }
  return source.places.size > 0 ? { at: 0, isExact: within === undefined, isOwn: false } : null;
}

/** The place in the string that begins at `start`, if that is written without escapes. */
function offsetWithin(
  { text, at }: NonNullable<ConfigProblem["within"]>,
  start: number,
  source: string,
): Offset {
  const quotes = /^(?:"""\n?|'''\n?|"|')/.exec(source.slice(start, start + 4))?.[0] ?? "";
  const isExact = source.startsWith(text, start + quotes.length);
  return { at: isExact ? start + quotes.length + at : start, isExact, isOwn: true };
}

const UNKNOWN_KEY = "unknown key";

const SECTIONS: Readonly<Record<string, KeyPath>> = {
  "above the first section": [],
  "in [source]": ["source"],
  "in [sink]": ["sink"],
  "in [kafka]": ["kafka"],
  "in [log]": ["log"],
  "in [admin]": ["admin"],
  "in [[rules]]": ["rules", 0],
  "in the fields of a rule": ["rules", 0, "fields"],
  "in [[tests]]": ["tests", 0],
};

function unknownKey(key: string, path: KeyPath, root: unknown): string {
  const known = knownKeys(path, root);
  const nearest = nearestName(key, known);
  if (nearest !== null) return `${UNKNOWN_KEY}; did you mean "${nearest}"?`;
  const home = Object.entries(SECTIONS).find(([, place]) => knownKeys(place, root).includes(key));
  if (home !== undefined) return `${UNKNOWN_KEY}; it belongs ${home[0]}`;
  return known.length > 0 ? `${UNKNOWN_KEY}; known here: ${known.join(", ")}` : UNKNOWN_KEY;
}

function describeIssue(issue: z.core.$ZodIssue, value: unknown, path: KeyPath): string {
  if (value === undefined && issue.code !== "custom") return "is required";
  // zod's own messages are replaced; those of our schema stand.
  if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) {
    const isRuleList = path.length === 1 && path[0] === "rules";
    const expected = isRuleList
      ? "an array of tables, each begun with [[rules]]"
      : (TYPE_NAMES[issue.expected] ?? issue.expected);
    const isFraction = issue.expected === "int" && typeof value === "number";
    return `must be ${expected}, not ${isFraction ? value : nameType(value)}`;
  }
  if (issue.code === "invalid_value" && issue.message.startsWith("Invalid")) {
    const nearest = typeof value === "string" ? nearestName(value, issue.values.map(String)) : null;
    return `must be ${listChoices(issue.values)}${nearest === null ? "" : `; did you mean "${nearest}"?`}`;
  }
  if (issue.code === "invalid_union" && "options" in issue && Array.isArray(issue.options)) {
    return `must be ${listChoices(issue.options)}`;
  }
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  if (issue.code === "too_small" && issue.message.startsWith("Too small")) {
    return `must be at least ${issue.minimum}`;
  }
  if (issue.code === "too_big" && issue.message.startsWith("Too big")) {
    return `must be at most ${issue.maximum}`;
  }
  return issue.message;
}

function listChoices(choices: readonly unknown[]): string {
  return choices
    .filter((choice) => choice !== undefined)
    .map((choice) => JSON.stringify(choice))
    .join(" or ");
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "a string",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  array: "an array",
  object: "a table",
  record: "a table",
};

/** A value's type in words; never the value, which may be a secret. */
function nameType(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (value instanceof Date) return "a date";
  if (value === null) return "null";
  return typeof value === "object" ? "a table" : `a ${typeof value}`;
}

/** The line with what people put passwords into blacked out, unless it is a reference. */
function hideSecrets(line: string): string {
  const assignment = /((?:password|api_key|token|secret|\bkey)["']?\s*[=:]\s*)([^,]*)/g;
  const hidden = line.replaceAll(assignment, (all: string, key: string, value: string) =>
    /^["']?\$\{[^}]*\}["']?[\s}]*$/.test(value) ? all : `${key}***`,
  );
  return hideUrlPasswords(hidden).replaceAll(ODD_URL, "$1***@");
}

/** Text between quotes, if they end; not a reference. */
const STRING = /(["'])(?!\$\{)(?:(?!\1).)+(\1|$)/g;

/** User and password of a URL with a mistake before them: `mysql:/user:password@`. */
const ODD_URL = /(["'][\w+.-]*:?\/*[^:"'\s/]*:)(?!\/\/|\$\{|\*\*\*)[^"'\s]*@/g;

/** The line without the value that is assigned in it. */
function hideValue(line: string): string {
  return hideSecrets(line.replace(/^(\s*["']?[\w.-]+["']?\s*=\s*).+$/, "$1***"));
}
