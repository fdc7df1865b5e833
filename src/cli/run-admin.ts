import type { PipelineConfig } from "../config/config.ts";
import { systemClock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { ReportedLoad } from "../observe/load-line.ts";
import { createLineMaker, type ReportedStatus, type StatusLine } from "../observe/status-line.ts";
import type { Reloader } from "./reloader.ts";
import type { RunView } from "./run-view.ts";
import { packageVersion } from "./version.ts";

/** What the endpoints of a run show. */
export interface RunAdminOptions {
  readonly configs: readonly PipelineConfig[];
  /** The means to look at each pipeline; undefined before it runs. */
  readonly views: readonly (RunView | undefined)[];
  readonly reloader: Reloader;
  /** Aborts when the run is to end: it is not ready from then on. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Opens the endpoints that the configuration asks for; disposing of the result closes them. Throws CONFIG_INVALID. */
export async function openRunAdmin(options: RunAdminOptions): Promise<AsyncDisposable> {
  const { configs, views, reloader, signal, logger } = options;
  const admin = configs[0]?.admin;
  if (admin === undefined) return { [Symbol.asyncDispose]: async () => {} };
  // loaded only when they are wanted
  const { openAdmin } = await import("../admin/server.ts");
  const { createMetrics } = await import("../observe/metrics.ts");
  const read = (): readonly ReportedStatus[] =>
    views.flatMap((view) => (view === undefined ? [] : [view.status()]));
  const toLine = configs.map(() => createLineMaker(systemClock));
  const server = await openAdmin(admin, {
    isReady: () =>
      !signal.aborted &&
      views.every((view) => view !== undefined && view.status().state !== "waiting"),
    status: () => ({
      version: packageVersion(),
      reload: reloader.status(),
      pipelines: views.flatMap((view, i) =>
        view === undefined ? [] : [statusOf(view, toLine[i]!)],
      ),
    }),
    metrics: createMetrics({
      pipelines: read,
      process: () => {
        const { version, needs_reload } = reloader.status();
        return { version, needsReload: needs_reload, reloads: { ...reloader.counts() } };
      },
    }),
    reload: () => reloader.reload(),
    loads: () => views.find((view) => view?.loads !== undefined)?.loads,
  });
  logger.info({ host: admin.host, port: server.port }, "endpoints for operators are open");
  return server;
}

/** The line of a pipeline, and how its loads and comparing its documents stand. */
function statusOf({ status }: RunView, toLine: (status: ReportedStatus) => StatusLine): object {
  const present = status();
  const line = toLine(present);
  const { loads, verify } = present;
  return {
    ...line,
    ...(loads !== undefined && { loads: loads.map(withoutKeys) }),
    ...(verify !== undefined && { verify }),
  };
}

/** How far a load is in the key is told by its rows: keys are values of rows. */
function withoutKeys(load: ReportedLoad): object {
  return { ...load, key: undefined, keyOrder: undefined, after: undefined, upTo: undefined };
}
