import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, extname, resolve } from "node:path";
import { parse as parseToml, TomlError } from "smol-toml";
import { z } from "zod";
import { TailraceError } from "../core/errors.ts";
import type { DirectConfig } from "./config.ts";
import { readSinkAddress, readSourceAddress } from "./connections.ts";
import { formatPath, valueAt } from "./key-path.ts";
import { normaliseConfig } from "./normalise.ts";
import {
  describeIssues,
  excerptAt,
  formatProblems,
  type ConfigProblem,
  type ConfigText,
} from "./problems.ts";
import { resolveReferences } from "./references.ts";
import { checkRules, type PartialRule } from "./rule-checks.ts";
import { configSchema } from "./schema.ts";
import { ruleSchema } from "./schema-rule.ts";
import { readTls, reportBelow, type FileSources } from "./tls.ts";
import { locateTomlKeys } from "./toml-places.ts";

/** What loading depends on besides the file; the real ones by default. */
export interface LoadOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly hostname?: string;
}

/** How a text is to be read. */
export type ConfigSyntax = "toml" | "json";

/**
 * Reads, resolves and checks a configuration file (`.toml` or `.json`). Throws CONFIG_UNREADABLE when it cannot be read or parsed,
 * CONFIG_SECRET_MISSING when only references lack their values, and CONFIG_INVALID with every other problem together.
 */
export async function loadConfig(path: string, options: LoadOptions = {}): Promise<DirectConfig> {
  const syntax = { ".toml": "toml", ".json": "json" }[extname(path).toLowerCase()];
  if (syntax !== "toml" && syntax !== "json") {
    throw new TailraceError("CONFIG_UNREADABLE", `${path} must end in .toml or .json`);
  }
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    throw new TailraceError("CONFIG_UNREADABLE", `${path} cannot be read`, { cause: error });
  }
  return parseConfig(text, {
    ...options,
    syntax,
    file: path,
    folder: dirname(resolve(path)),
  });
}

/** {@link loadConfig} for a text that is at hand; `file` is its name in messages, `folder` what relative paths are relative to. */
export function parseConfig(
  text: string,
  options: LoadOptions & {
    readonly syntax: ConfigSyntax;
    readonly file: string;
    readonly folder: string;
  },
): DirectConfig {
  const source: ConfigText = { file: options.file, text, places: new Map() };
  const written = options.syntax === "toml" ? parseTomlText(source) : parseJsonText(source);
  const problems: ConfigProblem[] = [];
  const sources = { env: options.env ?? process.env, folder: options.folder, readText };
  const tree = resolveReferences(written, sources, problems);
  const parsed = configSchema.safeParse(tree);
  const more: ConfigProblem[] = [];
  if (parsed.success) {
    const normaliseOptions = { ...sources, hostname: options.hostname ?? hostname() };
    const config = normaliseConfig(parsed.data, normaliseOptions, more);
    more.push(...checkRules(parsed.data.rules));
    if (problems.length === 0 && more.length === 0) return config;
  } else {
    const issues = describeIssues(parsed.error.issues, tree);
    more.push(...issues, ...elsewhere(issues, checkParts(tree, sources)));
  }
  // A reference without a value leaves an empty text behind: what else is wrong there is only its consequence.
  problems.push(...elsewhere(problems, more));
  const places = options.syntax === "toml" ? locateTomlKeys(text) : source.places;
  throw new TailraceError(
    problems.every((problem) => problem.isMissingSecret)
      ? "CONFIG_SECRET_MISSING"
      : "CONFIG_INVALID",
    formatProblems(problems, { ...source, places }),
  );
}

/** The problems at places that have none of the `known` ones. */
function elsewhere(
  known: readonly ConfigProblem[],
  problems: readonly ConfigProblem[],
): readonly ConfigProblem[] {
  const places = new Set(known.map((problem) => formatPath(problem.path)));
  return problems.filter((problem) => !places.has(formatPath(problem.path)));
}

/** The checks beyond the schema, on as much of a document as is well-formed, so that all problems are told at once. */
function checkParts(tree: unknown, sources: FileSources): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const source = valueAt(tree, ["source"]);
  const sink = valueAt(tree, ["sink"]);
  const rules = valueAt(tree, ["rules"]);
  const [sourceShape] = configSchema.shape.source.options;
  const [sinkShape] = configSchema.shape.sink.options;
  if (isTable(source)) {
    const keys = parseKeys(sourceShape.shape, source);
    readSourceAddress(keys, problems);
    if (keys.tls) readTls(keys.tls, sources, reportBelow(["source", "tls"], problems));
  }
  if (isTable(sink)) {
    const keys = parseKeys(sinkShape.shape, sink);
    const hosts = Array.isArray(sink["hosts"])
      ? sink["hosts"].map((host: unknown) => (typeof host === "string" ? host : null))
      : undefined;
    readSinkAddress({ ...keys, hosts }, problems);
    if (keys.tls) readTls(keys.tls, sources, reportBelow(["sink", "tls"], problems));
  }
  if (Array.isArray(rules)) {
    const partial = rules.map((rule: unknown) =>
      isTable(rule) ? (parseKeys(ruleSchema.shape, rule) as PartialRule) : {},
    );
    problems.push(...checkRules(partial));
  }
  return problems;
}

/** The keys of a table that are well-formed. */
function parseKeys<Shape extends z.core.$ZodShape>(
  shape: Shape,
  table: Readonly<Record<string, unknown>>,
): { [Key in keyof Shape]?: z.output<Shape[Key]> } {
  const entries = Object.entries(shape).flatMap(([key, schema]) => {
    const parsed = z.safeParse(schema, table[key]);
    return parsed.success && parsed.data !== undefined ? [[key, parsed.data]] : [];
  });
  return Object.fromEntries(entries) as { [Key in keyof Shape]?: z.output<Shape[Key]> };
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseTomlText(source: ConfigText): unknown {
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

function parseJsonText(source: ConfigText): unknown {
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

function unparsable(source: ConfigText, offset: number, reason: string): TailraceError {
  const { line, column, excerpt } = excerptAt(source.text, offset);
  return new TailraceError(
    "CONFIG_UNREADABLE",
    `${source.file}:${line}:${column}: ${reason}\n${excerpt}`,
  );
}

function readText(path: string): string {
  return readFileSync(path, "utf8");
}
