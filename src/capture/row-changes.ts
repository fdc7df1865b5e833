import type { RowsBody, RowsEventType } from "../binlog/rows-event.ts";
import type { ChangeEvent, ChangeOrigin, RowsEvent } from "../core/change-event.ts";
import type { SourcePosition } from "../core/checkpoint.ts";
import type { LogPosition } from "./log-position.ts";
import type { CapturedTable } from "./table-entry.ts";

type MutableRowsEvent = { -readonly [K in keyof RowsEvent]: RowsEvent[K] };

/** Change events, valid until the next ones are asked for. */
export interface Changes {
  readonly events: readonly ChangeEvent[];
}

const NOTHING: Changes = { events: [] };

/**
 * Makes change events of the rows at the present position. Full images of a plain table, which nearly all rows are, come as one object that is used again
 * and again: nothing is allocated for them.
 */
export class RowChanges {
  readonly #position: LogPosition;
  readonly #resumePosition: () => SourcePosition;
  readonly #rows = {
    kind: "rows",
    operation: "insert",
    start: 0,
    end: 0,
    versionHigh: 0,
    versionLow: 0,
    timestampMs: 0,
    commitTimeUs: 0,
    gtid: undefined,
  } as MutableRowsEvent;
  readonly #plain: Changes = { events: [this.#rows] };

  constructor(position: LogPosition, resumePosition: () => SourcePosition) {
    this.#position = position;
    this.#resumePosition = resumePosition;
  }

  /** The next rows are of this transaction. */
  startTransaction({ gtid, commitTimeUs }: Pick<ChangeOrigin, "gtid" | "commitTimeUs">): void {
    this.#rows.gtid = gtid;
    this.#rows.commitTimeUs = commitTimeUs;
  }

  /** Where a change at a time of the log, s since 1970, has its origin. */
  origin(timestampS: number): ChangeOrigin {
    const { gtid, commitTimeUs } = this.#rows;
    return { gtid, commitTimeUs, timestampMs: timestampS * 1_000 };
  }

  /** What one rows event, of this time in s since 1970, did to a captured table. Throws BINLOG_CORRUPT, BINLOG_UNSUPPORTED. */
  read(type: RowsEventType, body: RowsBody, table: CapturedTable, timestampS: number): Changes {
    this.#rows.timestampMs = timestampS * 1_000;
    if (type.partialJson || body.present !== null || body.presentAfter !== null)
      return this.#incomplete(type, body, table, timestampS);
    const { versionHigh, versionLow } = this.#position;
    const { version, expand, currentRows } = table;
    const full = expand === null ? body : expand(body);
    if (currentRows !== null) {
      const { bytes } = full;
      const place = { table: version, bytes, versionHigh, versionLow, ...this.origin(timestampS) };
      const ranges = currentRows.split(type.operation, full);
      return { events: ranges.map((range) => ({ kind: "rows", ...range, ...place })) };
    }
    const rows = this.#rows;
    rows.operation = type.operation;
    rows.table = version;
    rows.bytes = full.bytes;
    rows.start = full.start;
    rows.end = full.end;
    rows.versionHigh = versionHigh;
    rows.versionLow = versionLow;
    return this.#plain;
  }

  #incomplete(
    type: RowsEventType,
    body: RowsBody,
    table: CapturedTable,
    timestampS: number,
  ): Changes {
    const all = table.partial.readRows(type, body);
    const rows = table.currentRows === null ? all : table.currentRows.filter(all);
    if (rows.length === 0) return NOTHING;
    const { operation } = type;
    const { versionHigh, versionLow } = this.#position;
    const position = this.#resumePosition();
    const event: ChangeEvent = {
      kind: "incomplete",
      operation,
      table: table.version,
      rows,
      position,
      versionHigh,
      versionLow,
      ...this.origin(timestampS),
    };
    return { events: [event] };
  }
}
