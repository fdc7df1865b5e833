import type { GapEvent } from "../../core/change-event.ts";
import { GapEvents, type GapScope } from "../../capture/gap-events.ts";
import { LogPosition } from "../../capture/log-position.ts";
import { classifyStatement } from "../../capture/statement.ts";

/** A gap of which the caller adds the place and the version. */
export type StatementGap = Pick<GapEvent, "code" | "database" | "table" | "detail" | "isEmptied">;

/** Tells what a statement that a record holds means for captured tables, as the capture tells it of a statement in the log. */
export function createStatementGaps(
  scope: Omit<GapScope, "position" | "resumePosition">,
): (statement: string, database: string) => readonly StatementGap[] {
  const gaps = new GapEvents({
    ...scope,
    position: new LogPosition(0),
    resumePosition: () => ({ file: "", position: 0 }),
  });
  return (statement, database) =>
    gaps.ofStatement(classifyStatement(statement, database)).flatMap((event): StatementGap[] => {
      if (event.kind !== "gap") return [];
      const { code, table, detail, isEmptied } = event;
      const gap = { code, database: event.database, table, detail };
      return [isEmptied === true ? { ...gap, isEmptied } : gap];
    });
}
