/** One value with its labels; null = unknown, and then there is no such line. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number | null];

/** A metric: its name follows `tailrace_<noun>_<unit>[_total]`, and counters never go down but when a pipeline is opened anew. */
export interface Metric<Of> {
  readonly name: string;
  readonly kind: "counter" | "gauge";
  readonly help: string;
  /** Besides `pipeline` and `part`. */
  readonly labels?: readonly string[];
  readonly read: (of: Of) => readonly Sample[];
}
