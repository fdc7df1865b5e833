import type { Random } from "../support/random.ts";

/** A kind of change of the workload. */
export interface ChangeKind {
  /** As it is counted in the report. */
  readonly name: string;
  /** How often it happens beside others. */
  readonly weight: number;
  /** The statements of one such change, in order. `columns` are those of the table `shifting` at this moment. */
  statements(random: Random, columns: ReadonlySet<string>): readonly string[];
}
