export type { RuleOptions } from "../core/rule.ts";
