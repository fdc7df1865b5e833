import type { ReportedStatus } from "../observe/status-line.ts";
import type { LoadControl } from "../pipeline/load/load-control.ts";

/** The means to look at a pipeline and to have tables loaded. */
export interface RunView {
  readonly status: () => ReportedStatus;
  readonly loads?: LoadControl | undefined;
}
