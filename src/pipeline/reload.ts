/** What became of one rule by a reload. */
export interface RuleChange {
  /** The rule by name. */
  readonly rule: string;
  readonly change: "added" | "removed" | "changed";
  /** Documents that exist do not agree with the new rule until their rows are read again. */
  readonly needsReload: boolean;
  /** In words: which of its parts changed. */
  readonly why: string;
}

/** The answer to a reload that has been carried out. */
export interface ReloadAnswer {
  /** Number of the rule set that is in force now; the first is 1. */
  readonly version: number;
  readonly changes: readonly RuleChange[];
  readonly needsReload: boolean;
}
