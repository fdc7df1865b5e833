/** One result of a preflight check. `error` would stop a run; `warning` will hurt one day. */
export interface Finding {
  readonly severity: "ok" | "warning" | "error";
  /** What was looked at: a server variable, a privilege, an index. */
  readonly check: string;
  /** What was found, one sentence. */
  readonly message: string;
  /** The statement or setting that mends it; absent for `ok`. */
  readonly remedy?: string;
}
