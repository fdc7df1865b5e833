import type { ChangeStream, GapEvent, IncompleteRowsEvent } from "../core/change-event.ts";
import type { Sink } from "../core/sink.ts";
import type { Router } from "./router.ts";
import type { CommitTracker } from "./tracker.ts";

/** The stages between which the pump moves changes. */
export interface PumpStages {
  readonly stream: ChangeStream;
  readonly router: Router;
  readonly sink: Sink;
  readonly tracker: CommitTracker;
  /** Deals with rows that the stream could not deliver; durable when it resolves. */
  onGap(gap: GapEvent): Promise<void>;
  /** Called when the source has been read up to here and has nothing more at the moment. */
  onIdle(): void;
}

/**
 * Pulls changes and hands them to the sink until the signal aborts. One event at a time: while the sink has no room nothing is pulled, so the socket is not read
 * and MySQL waits. Rejects with the failure of source or sink.
 */
export async function pump(stages: PumpStages, signal: AbortSignal): Promise<void> {
  const { stream, router, sink, tracker } = stages;
  while (!signal.aborted) {
    const event = stream.poll();
    if (event === null) {
      sink.kick();
      stages.onIdle();
      await stream.wait();
      continue;
    }
    switch (event.kind) {
      case "rows": {
        const rest = router.take(event);
        if (rest !== undefined) await rest;
        break;
      }
      case "incomplete":
        if ((await router.takeIncomplete(event)) > 0) await stages.onGap(incompleteGap(event));
        break;
      case "gap":
        await stages.onGap(event);
        break;
      case "commit":
      case "heartbeat":
        tracker.add(event, sink.taken);
        if (tracker.size >= MAX_OPEN_TRANSACTIONS) await closeSome(stages);
        break;
      default:
        event satisfies never;
    }
  }
}

/** Transactions without rows of ours take no room in the sink: while it stands still, only their number tells that reading must wait. */
const MAX_OPEN_TRANSACTIONS = 100_000;

async function closeSome(stages: PumpStages): Promise<void> {
  stages.onIdle();
  if (stages.tracker.size < MAX_OPEN_TRANSACTIONS) return;
  await stages.sink.drain();
  stages.onIdle();
}

/** Rows left their documents and the log does not tell which: their ids are made of columns that are no key. */
function incompleteGap({
  table,
  versionHigh,
  versionLow,
  position,
}: IncompleteRowsEvent): GapEvent {
  const { database, table: name } = table.schema;
  return {
    kind: "gap",
    code: "BINLOG_IMAGE_PARTIAL",
    database,
    table: name,
    detail: "row images without the rule's id columns",
    position,
    versionHigh,
    versionLow,
  };
}
