import { readFileSync } from "node:fs";
import type { ChangeEvent, RowsEvent } from "../../src/core/change-event.ts";
import type { RecordTopic, RecordView, RecordWriter } from "../../src/core/record.ts";
import type { TableVersion } from "../../src/core/row-layout.ts";
import { createStatementGaps } from "../../src/pipeline/sync/statement-gaps.ts";
import { compileEncoder, type RowEncoder } from "../../src/rules/encoder.ts";
import {
  createRecordDecoder,
  type RecordDecoderOptions,
} from "../../src/transport/record-decoder.ts";
import { type RecordedAction, RecordingWriter } from "./recorded-changes.ts";
import { testRule } from "./rules.ts";

/** A record as texts. */
export interface RecordText {
  readonly topic: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly key: string | null;
  readonly value: string | Buffer | null;
  /** Names and values, or the block of them. */
  readonly headers?: readonly (readonly [string, string])[] | Buffer;
}

/** What became of records. */
export interface DecodedRecords {
  /** Actions by table, in order. */
  readonly actions: ReadonlyMap<string, readonly RecordedAction[]>;
  /** All events but rows, which are reused. */
  readonly events: readonly ChangeEvent[];
}

/** The records of a recording, one a line. */
export function readRecording(name: string): RecordText[] {
  const lines = readFileSync(new URL(`../fixtures/records/${name}`, import.meta.url), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as RecordText);
}

/** The record in a buffer, with other bytes around it. */
export function viewOf(record: RecordText): RecordView {
  const key = record.key === null ? null : Buffer.from(record.key);
  const value = record.value === null ? null : Buffer.from(record.value);
  const given = record.headers ?? [];
  const headers = Buffer.isBuffer(given) ? given : headerBlock(given);
  const before = Buffer.from('"before"');
  const bytes = Buffer.concat([
    before,
    key ?? before,
    value ?? before,
    headers,
    Buffer.from('"}behind'),
  ]);
  const keyStart = before.length;
  const valueStart = keyStart + (key ?? before).length;
  const headersStart = valueStart + (value ?? before).length;
  return {
    topic: record.topic,
    partition: record.partition ?? 0,
    offset: record.offset ?? 0,
    timestampMs: 0,
    bytes,
    keyStart: key === null ? -1 : keyStart,
    keyEnd: valueStart,
    valueStart: value === null ? -1 : valueStart,
    valueEnd: headersStart,
    headersStart,
    headersEnd: headersStart + headers.length,
  };
}

function headerBlock(headers: readonly (readonly [string, string])[]): Buffer {
  const parts = headers.flatMap(([name, value]) => [sized(name), sized(value)]);
  return Buffer.concat([varint(headers.length), ...parts]);
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** Names of the columns that a table's document ids are made of; undefined = its primary key. */
export type TestIdColumns = (database: string, table: string) => readonly string[] | undefined;

/** What a test says of a decoder. */
export interface TestDecoderOptions extends Partial<Omit<RecordDecoderOptions, "idColumns">> {
  readonly idColumns?: TestIdColumns;
}

/** A decoder of everything in the topics, whose tables all are captured. */
export function testDecoderOptions(options: TestDecoderOptions = {}): RecordDecoderOptions {
  const { idColumns, ...others } = options;
  return {
    format: "auto",
    isCaptured: () => true,
    idColumns: (database, table) => {
      const names = idColumns?.(database, table);
      return { primaryKey: names === undefined, names: names ?? [] };
    },
    describeTable: null,
    topicOf: () => ({ generation: 1, partitions: 1 }),
    gapsOf: createStatementGaps({ isCaptured: () => true, seenTables: () => [] }),
    ...others,
  };
}

/** A RecordWriter that keeps its records for a decoder. */
export class RecordKeeper implements RecordWriter {
  readonly records: RecordText[] = [];

  append(
    topic: RecordTopic,
    partition: number,
    { key, value, headers }: Parameters<RecordWriter["append"]>[2],
  ): boolean {
    this.records.push({
      topic: topic.name,
      partition,
      offset: this.records.length,
      key: key && Buffer.from(key).toString(),
      value: value && Buffer.from(value),
      headers: Buffer.from(headers),
    });
    return true;
  }
}

/** Makes the actions of rows by table, by the default rule, or with ids of these columns. */
export class TableActions {
  readonly of = new Map<string, RecordedAction[]>();
  readonly #idColumns: TestIdColumns;
  readonly #encoders = new Map<TableVersion, RowEncoder>();

  constructor(idColumns: TestIdColumns = () => undefined) {
    this.#idColumns = idColumns;
  }

  /** Takes an event's rows; those of a table that has no ids are left out. */
  take(event: RowsEvent): void {
    const { schema } = event.table;
    const id = this.#idColumns(schema.database, schema.table);
    const rule = testRule({ id });
    if (schema.primaryKey.length === 0 && id === undefined) return;
    const encoder = this.#encoders.get(event.table) ?? compileEncoder(rule, event.table);
    this.#encoders.set(event.table, encoder);
    const writer = new RecordingWriter();
    writer.begin({ index: "test", write: "whole" }, event.versionHigh, event.versionLow);
    const next = encoder[event.operation](event.bytes, event.start, event.end, writer);
    if (next !== event.end) throw new Error(`rows end at ${next} instead of ${event.end}`);
    this.of.set(schema.table, [...(this.of.get(schema.table) ?? []), ...writer.actions]);
  }
}

/** Decodes the records and makes documents of their rows; those of tables without ids are left out. */
export async function decodeRecords(
  records: readonly RecordText[],
  options: TestDecoderOptions = {},
): Promise<DecodedRecords> {
  const decoder = createRecordDecoder(testDecoderOptions(options));
  const actions = new TableActions(options.idColumns);
  const events: ChangeEvent[] = [];
  for (const record of records) {
    await decoder.begin(viewOf(record));
    for (let event = decoder.next(); event !== null; event = decoder.next()) {
      if (event.kind === "rows") actions.take(event);
      else events.push(event);
    }
  }
  return { actions: actions.of, events };
}

/** What the documents are after all actions, by id. */
export function replay(actions: readonly RecordedAction[]): Map<string, string> {
  const documents = new Map<string, string>();
  for (const action of actions) {
    if (action.kind === "delete") documents.delete(action.id);
    else documents.set(action.id, action.document);
  }
  return documents;
}
