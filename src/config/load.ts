import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, extname, resolve } from "node:path";
import { TailraceError } from "../core/errors.ts";
import { checkParts } from "./check-parts.ts";
import type { PipelineConfig } from "./config.ts";
import { formatPath, type KeyPath } from "./key-path.ts";
import { normaliseConfig } from "./normalise.ts";
import { describeIssues, type ConfigProblem } from "./problems.ts";
import { checkRules } from "./rule-checks.ts";
import { configSchema } from "./schema.ts";
import { readWritten, type WrittenText } from "./written.ts";

/** A half of a pipeline with Kafka in between. */
export type PipelinePart = "capture" | "sync";

/** What loading depends on besides the file; the real ones by default. */
export interface LoadOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly hostname?: string;
  /** Of a file with `[kafka]`, this half only. */
  readonly part?: PipelinePart | undefined;
}

/**
 * Reads, resolves and checks a configuration file (`.toml` or `.json`) that describes one pipeline, or of which one part is wanted. Throws as
 * {@link loadPipelines} does, and CONFIG_INVALID when there are two to choose from.
 */
export async function loadConfig(path: string, options: LoadOptions = {}): Promise<PipelineConfig> {
  return onlyOne(await loadPipelines(path, options), path);
}

/** {@link loadConfig} for a text that is at hand. */
export function parseConfig(text: string, options: TextOptions): PipelineConfig {
  return onlyOne(parsePipelines(text, options), options.file);
}

/**
 * Reads, resolves and checks a configuration file (`.toml` or `.json`): the pipeline that it describes, or with `[kafka]` its halves, the capture first. Throws
 * CONFIG_UNREADABLE when it cannot be read or parsed, CONFIG_SECRET_MISSING when only references lack their values, and CONFIG_INVALID with every other
 * problem together, also when it has no part of the kind that is wanted.
 */
export async function loadPipelines(
  path: string,
  options: LoadOptions = {},
): Promise<readonly PipelineConfig[]> {
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
  return parsePipelines(text, {
    ...options,
    syntax,
    file: path,
    folder: dirname(resolve(path)),
  });
}

/** Options for a text that is at hand. */
type TextOptions = LoadOptions & Omit<WrittenText, "text">;

/** {@link loadPipelines} for a text that is at hand. */
export function parsePipelines(text: string, options: TextOptions): readonly PipelineConfig[] {
  const { file, syntax, folder, ...rest } = options;
  return parseTexts([{ text, file, syntax, folder }], rest);
}

/** {@link loadPipelines} for texts that are at hand: the first with all sections, the others with more rules and tests. */
export function parseTexts(
  texts: readonly [WrittenText, ...WrittenText[]],
  options: LoadOptions = {},
): readonly PipelineConfig[] {
  const [main] = texts;
  const problems: ConfigProblem[] = [];
  const sources = { env: options.env ?? process.env, folder: main.folder, readText };
  const secrets = new Set<string>();
  const onValue = (value: string, [section]: KeyPath): void => {
    if (section === "rules") secrets.add(value);
  };
  const { tree, format } = readWritten(texts, { ...sources, onValue }, problems);
  const parsed = configSchema.safeParse(tree);
  const more: ConfigProblem[] = [];
  if (parsed.success) {
    const normaliseOptions = { ...sources, hostname: options.hostname ?? hostname(), secrets };
    const pipelines = normaliseConfig(parsed.data, normaliseOptions, more);
    const needsIndex = parsed.data.sink.type !== "kafka";
    more.push(...checkRules(parsed.data.rules, { needsIndex, secrets }));
    if (problems.length === 0 && more.length === 0) {
      return selectPart(pipelines, options.part, main.file);
    }
  } else {
    const issues = describeIssues(parsed.error.issues, tree);
    more.push(...issues, ...elsewhere(issues, checkParts(tree, { ...sources, secrets })));
  }
  // A reference without a value leaves an empty text behind: what else is wrong there is only its consequence.
  problems.push(...elsewhere(problems, more));
  throw new TailraceError(
    problems.every((problem) => problem.isMissingSecret)
      ? "CONFIG_SECRET_MISSING"
      : "CONFIG_INVALID",
    format(problems),
  );
}

/** The wanted part of what a file describes; all without one. Throws CONFIG_INVALID when it has no such part. */
export function selectPart(
  pipelines: readonly PipelineConfig[],
  part: PipelinePart | undefined,
  file: string,
): readonly PipelineConfig[] {
  if (part === undefined) return pipelines;
  const wanted = pipelines.filter((pipeline) => pipeline.topology === part);
  if (wanted.length > 0) return wanted;
  const has = pipelines.map((pipeline) => `a ${pipeline.topology} pipeline`).join();
  throw new TailraceError(
    "CONFIG_INVALID",
    `${file} describes ${has}, which has no part "${part}": a [kafka] section would give it a capture and a sync`,
  );
}

function onlyOne(pipelines: readonly PipelineConfig[], file: string): PipelineConfig {
  const [only, other] = pipelines;
  if (only !== undefined && other === undefined) return only;
  throw new TailraceError(
    "CONFIG_INVALID",
    `${file} describes a capture and a sync with Kafka between them: choose the part`,
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

function readText(path: string): string {
  return readFileSync(path, "utf8");
}
