import { resolve } from "node:path";
import type { KeyPath } from "./key-path.ts";
import type { ConfigProblem } from "./problems.ts";

/** What references are resolved with; a parameter so that tests need neither files nor an environment. */
export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths are relative to. */
  readonly folder: string;
  /** Reads a text file; throws when it cannot. */
  readonly readText: (path: string) => string;
  /** Is told what a reference at this place stands for. */
  readonly onValue?: (value: string, path: KeyPath) => void;
}

/** `${env:NAME}`, `${file:PATH}`; `$${` stands for `${` itself. */
const REFERENCE = /(\$?)\$\{([^}]*)\}/g;

/** The `scheme://user:password@` of a URL, in which references may stand. */
const USER_INFO = /^[a-z][\w+.-]*:\/\/(?:\$\{[^}]*\}|[^/?#@])*@/i;

/**
 * A copy of the tree with every reference in its strings replaced: `${env:NAME}` by the environment variable, `${file:PATH}` by the
 * file's content without its last line end. In the user and password of a URL the value is percent-encoded, so any secret fits there.
 * What has no value is added to `problems`.
 */
export function resolveReferences(
  tree: unknown,
  sources: ReferenceSources,
  problems: ConfigProblem[],
): unknown {
  const visit = (value: unknown, path: KeyPath): unknown => {
    if (typeof value === "string") {
      const onValue = (text: string): void => sources.onValue?.(text, path);
      return resolveText(value, { ...sources, onValue }, report(path));
    }
    if (Array.isArray(value)) return value.map((element, i) => visit(element, [...path, i]));
    if (typeof value !== "object" || value === null || value instanceof Date) return value;
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, inner]) => [key, visit(inner, [...path, key])]));
  };
  const report = (path: KeyPath) => (message: string, isMissingSecret: boolean) => {
    problems.push({ path, message, isMissingSecret });
  };
  return visit(tree, []);
}

type Report = (message: string, isMissingSecret: boolean) => void;

function resolveText(text: string, sources: ReferenceSources, report: Report): string {
  const userInfoEnd = USER_INFO.exec(text)?.[0].length ?? 0;
  return text.replaceAll(REFERENCE, (all: string, escape: string, inner: string, at: number) => {
    if (escape === "$") return all.slice(1);
    const value = lookUp(inner, sources, report);
    sources.onValue?.(value, []);
    return at < userInfoEnd ? encodeURIComponent(value) : value;
  });
}

function lookUp(reference: string, sources: ReferenceSources, report: Report): string {
  const colon = reference.indexOf(":");
  const [kind, name] = [reference.slice(0, colon), reference.slice(colon + 1)];
  if (kind === "env") {
    const value = sources.env[name];
    if (value === undefined) report(`the environment variable ${name} is not set`, true);
    return value ?? "";
  }
  if (kind === "file") {
    const path = resolve(sources.folder, name);
    try {
      return sources.readText(path).replace(/\r?\n$/, "");
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
      report(`the file ${path} cannot be read (${code})`, true);
      return "";
    }
  }
  report(
    `\${${reference}} is no reference: write \${env:${colon < 0 ? reference : "NAME"}} or \${file:PATH}`,
    false,
  );
  return "";
}
