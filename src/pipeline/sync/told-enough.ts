import { asTailraceError } from "../../core/errors.ts";
import type { TableSchema } from "../../core/schema.ts";
import { planDocument } from "../../rules/plan.ts";
import type { RuleSet } from "../rule-set.ts";

/**
 * Do the rules of a table say the same of any table with these columns, or do they need what records do not tell of them: collations? Errors that no server can
 * mend are left to who compiles the rules.
 */
export function createToldEnough(
  rules: Pick<RuleSet, "rulesOf">,
): (schema: TableSchema) => boolean {
  return (schema) =>
    rules.rulesOf(schema.database, schema.table).every(({ rule }) => {
      try {
        planDocument(rule, schema);
        return true;
      } catch (error) {
        return asTailraceError(error).code !== "RULE_EXPRESSION_UNSUPPORTED";
      }
    });
}
