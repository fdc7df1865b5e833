import type { NamedCollation } from "../../src/binlog/column-type.ts";
import { setImmediate } from "node:timers/promises";
import { decodeText } from "../../src/binlog/values/text.ts";
import { Capture, type BinlogConnection } from "../../src/capture/capture.ts";
import { ChangeReader } from "../../src/capture/change-reader.ts";
import { LogPosition } from "../../src/capture/log-position.ts";
import { TableRegistry } from "../../src/capture/table-registry.ts";
import {
  ID_SCRATCH_BYTES,
  type ActionWriter,
  type DocumentSlot,
  type Target,
} from "../../src/core/action-writer.ts";
import type { RowsEvent } from "../../src/core/change-event.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { RecordTopic, RecordWriter } from "../../src/core/record.ts";
import type { TableVersion } from "../../src/core/row-layout.ts";
import { parseRule } from "../../src/query/rule.ts";
import { compileEncoder, type RowEncoder } from "../../src/rules/encoder.ts";
import { createSinkTarget } from "../../src/sink/action-line.ts";
import { BulkWriter } from "../../src/sink/bulk-writer.ts";
import { createCounters } from "../../src/sink/counters.ts";
import { Lane } from "../../src/sink/lane.ts";
import { createRecordEncoder } from "../../src/transport/record-encoder.ts";
import type { CapturedBytes } from "./capture-bytes.ts";

/** How far rows go: only through the reader, into one buffer by the encoder, into the batches of the sink as well; or into records of Canal's format. */
export type RowPathEnd = "read" | "documents" | "batches" | "records";

/** The log in memory and what is needed to read it. */
export interface RowPathInput {
  readonly captured: CapturedBytes;
  /** `database.table`. */
  readonly table: string;
  readonly collations: ReadonlyMap<number, NamedCollation>;
}

const TARGET: Target = createSinkTarget(0, { index: "bench-orders", write: "whole" });

const RULE = parseRule({
  name: "bench",
  table: "*.*",
  index: TARGET.index,
  decimals: "auto",
  upsert: false,
  onDelete: "delete",
});

/**
 * Takes the log through the stages of tailrace in this process, without sockets, up to `end`. Resolves when everything was read, with what
 * there was; `rows` is null when rows were not looked at.
 */
export async function runRowPath(
  input: RowPathInput,
  end: RowPathEnd,
): Promise<{ readonly events: number; readonly rows: number | null }> {
  const writer = createWriter(end);
  const take =
    end === "records"
      ? createRecordTaker()
      : writer === null
        ? () => undefined
        : createTaker(writer);
  await using stream = openCapture(input);
  let events = 0;
  // the first null: not connected yet
  if (stream.poll() === null) await stream.wait();
  for (let event = stream.poll(); event !== null; event = stream.poll()) {
    if (event.kind !== "rows") continue;
    events += 1;
    const rest = take(event);
    if (rest !== undefined) await rest;
  }
  return { events, rows: writer?.taken ?? null };
}

type CountingWriter = ActionWriter & { readonly taken: number };

function createWriter(end: RowPathEnd): CountingWriter | null {
  if (end === "read" || end === "records") return null;
  return end === "documents" ? new ScratchWriter() : createBatchWriter();
}

const UTF8: NamedCollation = { name: "utf8mb4_0900_ai_ci", charset: "utf8mb4" };

function openCapture({ captured, table, collations }: RowPathInput): Capture {
  const isCaptured = (database: string, name: string): boolean => `${database}.${name}` === table;
  const tables = new TableRegistry({
    isCaptured,
    flavor: "mysql",
    types: { collationOf: (id) => collations.get(id) ?? UTF8, decodeText },
    describeTable: () => Promise.resolve(null),
  });
  const reader = new ChangeReader({ tables, position: new LogPosition(1), isCaptured });
  const unexpected = (): never => {
    throw new Error("the captured log ends with an error");
  };
  return new Capture({
    reader,
    connect: () => Promise.resolve(memorySource(captured)),
    translateError: unexpected,
    clock: systemClock,
    logger: { debug: unexpected, info: unexpected, warn: unexpected, error: unexpected },
    signal: new AbortController().signal,
  });
}

function memorySource({ chunks, checksum }: CapturedBytes): BinlogConnection {
  let next = 0;
  return {
    checksum,
    read: () => chunks[next++] ?? null,
    wait: () => Promise.resolve(true),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** What is done with rows; a promise when there is no room at the moment. */
function createTaker(writer: ActionWriter): (event: RowsEvent) => Promise<void> | undefined {
  let table: TableVersion | undefined;
  let encoder: RowEncoder | undefined;
  return (event) => {
    if (encoder === undefined || event.table !== table) {
      table = event.table;
      encoder = compileEncoder(RULE, table);
    }
    const encode = encoder[event.operation];
    writer.begin(TARGET, event.versionHigh, event.versionLow);
    const next = encode(event.bytes, event.start, event.end, writer);
    if (next === event.end) return undefined;
    return (async () => {
      for (let at = next; at !== event.end; at = encode(event.bytes, at, event.end, writer))
        await setImmediate();
    })();
  };
}

/** Records of twelve partitions are copied into one buffer, over and over. */
function createRecordTaker(): (event: RowsEvent) => undefined {
  const encoder = createRecordEncoder({
    format: "canal",
    partitioner: "murmur2",
    partitionBy: {},
    onUnkeyed: () => undefined,
    enumLabels: false,
    name: "bench",
    logBaseName: "binlog",
    clock: systemClock,
  });
  const topic: RecordTopic = { name: "bench", partitions: 12, maxBatchBytes: 2 ** 20 };
  const bytes = Buffer.allocUnsafeSlow(2 ** 22);
  let length = 0;
  const append: RecordWriter["append"] = (_topic, _partition, { value }) => {
    if (value === null || value.length > bytes.length) return false;
    if (length + value.length > bytes.length) length = 0;
    bytes.set(value, length);
    length += value.length;
    return true;
  };
  return (event) => {
    if (encoder.take(event, topic, { append }).length > 0) throw new Error("a record was refused");
  };
}

/** Documents go into one buffer, over and over. */
class ScratchWriter implements ActionWriter {
  readonly id = Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES);
  readonly routing = Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES);
  routingLength = 0;
  taken = 0;
  readonly #slot: DocumentSlot = { bytes: Buffer.allocUnsafeSlow(2 ** 22), length: 0 };

  begin(): void {
    // All actions are alike.
  }

  aim(): void {
    // All actions are alike.
  }

  amend(idLength: number, bound: number): DocumentSlot {
    return this.index(idLength, bound);
  }

  index(_idLength: number, bound: number): DocumentSlot {
    if (this.#slot.length + bound > this.#slot.bytes.length) this.#slot.length = 0;
    return this.#slot;
  }

  finish(slot: DocumentSlot, end: number): void {
    slot.length = end;
    this.taken += 1;
  }

  delete(): boolean {
    return true;
  }
}

/** The sink's own writer, on lanes whose requests are answered at once. */
function createBatchWriter(): BulkWriter {
  const limits = { maxActions: 10_000, maxBytes: 2 * 1024 * 1024 };
  const events = {
    onIdle: (lane: Lane): void => {
      if (lane.isFull) lane.dispatchIfIdle();
    },
    onFatal: (error: unknown): void => {
      throw error;
    },
  };
  const lanes = [0, 1].map(
    () => new Lane({ limits, counters: createCounters() }, () => Promise.resolve(true), events),
  );
  return new BulkWriter(lanes, limits, () => undefined);
}
