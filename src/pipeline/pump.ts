import type {
  ChangeStream,
  GapEvent,
  IncompleteRowsEvent,
  PoisonEvent,
} from "../core/change-event.ts";
import type { Destination } from "../core/destination.ts";

/** The stages between which the pump moves changes. */
export interface PumpStages {
  readonly stream: ChangeStream;
  readonly destination: Destination;
  /** Deals with rows that the stream could not deliver; durable when it resolves. */
  onGap(gap: GapEvent): Promise<void>;
  /** Deals with a record that is no change; durable when it resolves. */
  onPoison(poison: PoisonEvent): Promise<void>;
}

/**
 * Pulls changes and hands them to the destination until the signal aborts. One event at a time: while the destination has no room nothing is pulled, so the
 * socket is not read and the source waits. Rejects with the failure of source or destination.
 */
export async function pump(stages: PumpStages, signal: AbortSignal): Promise<void> {
  const { stream, destination } = stages;
  while (!signal.aborted) {
    const event = stream.poll();
    if (event === null) {
      destination.idle();
      await stream.wait();
      continue;
    }
    switch (event.kind) {
      case "rows": {
        const rest = destination.take(event);
        if (rest !== undefined) await rest;
        break;
      }
      case "commit":
      case "heartbeat":
      case "offset": {
        const room = destination.mark(event);
        if (room !== undefined) await room;
        break;
      }
      case "read": {
        const rest = destination.takeRead(event);
        if (rest !== undefined) await rest;
        break;
      }
      case "incomplete":
        if ((await destination.takeIncomplete(event)) > 0) await stages.onGap(incompleteGap(event));
        break;
      case "gap":
        await stages.onGap(event);
        break;
      case "poison":
        await stages.onPoison(event);
        break;
      case "schema":
        await destination.takeSchemaChange(event);
        break;
      default:
        event satisfies never;
    }
  }
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
