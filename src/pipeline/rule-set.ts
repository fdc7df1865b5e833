import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { RuleConfig } from "../config/config.ts";
import { parseRule, type Rule } from "../query/rule.ts";
import { indexPattern } from "../rules/place.ts";
import { createRulesMatcher, expectedTables, type RulesMatcher } from "../rules/table-pattern.ts";
import { loadTransform, type TransformFunction } from "../rules/transform.ts";

/** A rule, parsed, with its script loaded. */
export interface LoadedRule {
  readonly config: RuleConfig;
  readonly rule: Rule;
  readonly table: string;
  readonly transform: TransformFunction | null;
}

/** Parses rules and loads their scripts. Throws RULE_*. */
export async function loadRules(configs: readonly RuleConfig[]): Promise<readonly LoadedRule[]> {
  return Promise.all(
    configs.map(async (config): Promise<LoadedRule> => {
      const rule = parseRule(config);
      const { transform: path } = config;
      const transform = path === undefined ? null : await loadTransform(path, await digest(path));
      return { config, rule, table: rule.table, transform };
    }),
  );
}

/** Tells one state of a file from another; "" when it cannot be read, which loading it then says. */
async function digest(path: string): Promise<string> {
  try {
    return createHash("sha256")
      .update(await readFile(path))
      .digest("hex")
      .slice(0, 16);
  } catch {
    return "";
  }
}

/** Names that servers' tables are compared by. */
export interface NameOptions {
  readonly caseSensitive: boolean;
}

/** The rules in force: one object that everyone asks, so that all go by the same ones when they are switched. */
export class RuleSet {
  readonly #names: NameOptions;
  #rules: readonly LoadedRule[];
  #matcher: RulesMatcher<LoadedRule>;
  /** By database and table: rows of some sources ask for each of them. */
  #known = new Map<string, Map<string, readonly LoadedRule[]>>();
  #version = 1;

  constructor(rules: readonly LoadedRule[], names: NameOptions) {
    this.#names = names;
    this.#rules = rules;
    this.#matcher = createRulesMatcher(rules, names);
  }

  /** Number of the rules in force; the first are 1. */
  get version(): number {
    return this.#version;
  }

  get rules(): readonly LoadedRule[] {
    return this.#rules;
  }

  /** The rules of a table, in their order; none when it is not captured. */
  rulesOf(database: string, table: string): readonly LoadedRule[] {
    let tables = this.#known.get(database);
    if (tables === undefined) this.#known.set(database, (tables = new Map()));
    let rules = tables.get(table);
    if (rules === undefined) tables.set(table, (rules = this.#matcher(database, table)));
    return rules;
  }

  /** Is there a rule of the table? */
  isCaptured(database: string, table: string): boolean {
    return this.rulesOf(database, table).length > 0;
  }

  /** Do rows of both tables go to the same indices? */
  shareRules(a: TableName, b: TableName): boolean {
    const [left, right] = [a, b].map(({ database, table }) =>
      JSON.stringify(
        this.rulesOf(database, table)
          .map(({ config }) => config.index)
          .toSorted(),
      ),
    );
    return left === right;
  }

  /** The tables of a database that rules take whether they were seen or not: see `expectedTables`. */
  expectedTables(database: string): readonly TableName[] {
    return expectedTables(this.#rules, database, this.#names);
  }

  /** The rules of a table among others than those in force. */
  matcherOf(rules: readonly LoadedRule[]): RulesMatcher<LoadedRule> {
    return createRulesMatcher(rules, this.#names);
  }

  /** Puts other rules in force. */
  replace(rules: readonly LoadedRule[]): void {
    this.#rules = rules;
    this.#matcher = createRulesMatcher(rules, this.#names);
    this.#known = new Map();
    this.#version += 1;
  }
}

interface TableName {
  readonly database: string;
  readonly table: string;
}

/**
 * Names of the indices that rules may create, `*` for what rows fill in: where an earlier life of the pipeline may have left its epoch.
 */
export function ownIndices(rules: readonly LoadedRule[]): string[] {
  return rules.flatMap(({ config, rule }) =>
    config.createIndex ? [indexPattern(rule.index)] : [],
  );
}

/** What a table's document ids are made of by any of the rules. Where they are texts, rows are judged one by one. */
export function idColumnsOf(rules: readonly LoadedRule[]): {
  readonly primaryKey: boolean;
  readonly names: readonly string[];
} {
  const ids = rules.map(({ rule }) => rule.id);
  return {
    primaryKey: ids.includes(null),
    names: ids.flatMap((id) => (id === null || "template" in id ? [] : id)),
  };
}
