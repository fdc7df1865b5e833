import type { RuleConfig, RuleTest } from "../../config/config.ts";
import { asTailraceError, TailraceError } from "../../core/errors.ts";
import { type TableSchema, tableName } from "../../core/schema.ts";
import { createTableMatcher } from "../../rules/table-pattern.ts";
import {
  compareDocuments,
  describeDifference,
  type FieldDifference,
} from "../../core/compare-documents.ts";
import { createRuleRun, type RowOutcome, type RunRule } from "./run-rule.ts";
import { orderedJson, rowOfTest } from "./test-row.ts";

/** What became of a test. */
export interface TestResult {
  readonly name: string;
  readonly rule: string;
  /** Null = it held. */
  readonly failure: string | null;
  readonly differences: readonly FieldDifference[];
}

/** What tests are run with. */
export interface TestContext {
  readonly rules: readonly RuleConfig[];
  /** Definitions of the tables. */
  readonly schemas: readonly TableSchema[];
}

/** Runs tests of rules. What a test says wrongly, and a rule that does not fit its table, is a failure of that test. */
export async function runTests(
  tests: readonly RuleTest[],
  context: TestContext,
): Promise<readonly TestResult[]> {
  const runs = new Map<string, Promise<RunRule>>();
  const results: TestResult[] = [];
  for (const test of tests) {
    const { name, rule } = test;
    try {
      results.push({ name, rule, ...(await runTest(test, context, runs)) });
    } catch (error) {
      const failure = asTailraceError(error).message;
      results.push({ name, rule, failure, differences: [] });
    }
  }
  return results;
}

/** Results for people, the failed ones with what differs. */
export function describeTests(results: readonly TestResult[]): string {
  const words = { expected: "expected", found: "made" };
  const lines = results.flatMap(({ name, failure, differences }) =>
    failure === null
      ? [`ok      ${name}`]
      : [
          `failed  ${name}`,
          ...failure.split("\n").map((line) => `        ${line}`),
          ...differences.map((each) => `        ${describeDifference(each, words)}`),
        ],
  );
  const failed = results.filter((result) => result.failure !== null).length;
  const count = results.length === 1 ? "1 test" : `${results.length} tests`;
  return `${lines.join("\n")}\n\n${count}, ${failed} failed\n`;
}

type Verdict = Pick<TestResult, "failure" | "differences">;

async function runTest(
  test: RuleTest,
  { rules, schemas }: TestContext,
  runs: Map<string, Promise<RunRule>>,
): Promise<Verdict> {
  const rule = rules.find((each) => each.name === test.rule);
  if (rule === undefined)
    throw new TailraceError("CONFIG_INVALID", `there is no rule ${test.rule}`);
  const schema = findSchema(test, rule, schemas);
  const key = `${rule.name} ${tableName(schema)}`;
  const compiled = runs.get(key) ?? createRuleRun(rule, schema);
  runs.set(key, compiled);
  const run = await compiled;
  return judge(test, run(rowOfTest(test.row, schema, test.name)));
}

function findSchema(
  test: RuleTest,
  rule: RuleConfig,
  schemas: readonly TableSchema[],
): TableSchema {
  const ruleOf = createTableMatcher([rule], { caseSensitive: true });
  const [only, another] = schemas.filter(
    (schema) =>
      ruleOf(schema.database, schema.table) !== null &&
      (test.table === undefined || tableName(schema) === test.table),
  );
  const wanted = test.table ?? rule.table;
  if (only === undefined)
    throw new TailraceError(
      "CONFIG_INVALID",
      `the definition of ${wanted} is not known, or rule ${rule.name} does not take it`,
    );
  if (another !== undefined)
    throw new TailraceError(
      "CONFIG_INVALID",
      `${wanted} are several tables: name one as its table`,
    );
  return only;
}

function judge({ expect, place }: RuleTest, outcome: RowOutcome): Verdict {
  if (outcome.kind === "failed")
    return { failure: `the row fails: ${outcome.code}: ${outcome.message}`, differences: [] };
  if (outcome.kind === "none") {
    const failure = expect === null ? null : "the row has no document";
    return { failure, differences: [] };
  }
  const { action } = outcome;
  const made = action.document ?? "{}";
  if (expect === null) return { failure: `the row has a document: ${made}`, differences: [] };
  const found = { index: action.target.index, id: action.id, routing: action.routing ?? "" };
  const moved = (["index", "id", "routing"] as const).flatMap((part): FieldDifference[] => {
    const wanted = place?.[part];
    return wanted === undefined || wanted === found[part]
      ? []
      : [
          {
            field: `place.${part}`,
            expected: JSON.stringify(wanted),
            found: JSON.stringify(found[part]),
          },
        ];
  });
  const differences = [...compareDocuments(orderedJson(expect), made), ...moved];
  return { failure: differences.length === 0 ? null : "the document differs", differences };
}
