import type { ActionWriter, DocumentSlot, Target } from "../../src/core/action-writer.ts";
import { ID_SCRATCH_BYTES } from "../../src/core/action-writer.ts";
import type {
  GapEvent,
  IncompleteRowsEvent,
  RowsEvent,
  SchemaChangeEvent,
} from "../../src/core/change-event.ts";
import type { SourcePosition } from "../../src/core/checkpoint.ts";
import { systemClock } from "../../src/core/clock.ts";
import { decodeText } from "../../src/binlog/values/text.ts";
import { Capture } from "../../src/capture/capture.ts";
import { ChangeReader } from "../../src/capture/change-reader.ts";
import { LogPosition } from "../../src/capture/log-position.ts";
import { TableRegistry } from "../../src/capture/table-registry.ts";
import { Replica } from "../../src/mysql/binlog-dump.ts";
import { openConnection, parseConnectionUrl } from "../../src/mysql/connection.ts";
import { describeServer, readCollations, readLogEnd } from "../../src/mysql/server.ts";
import { describeTable } from "../../src/mysql/table-lookup.ts";
import { translateReplicationError } from "../../src/mysql/translate-error.ts";
import { compileEncoder, type RowEncoder } from "../../src/rules/encoder.ts";
import type { RuleOptions } from "../../src/core/rule.ts";
import type { Rule } from "../../src/query/rule.ts";
import type { TableVersion } from "../../src/core/row-layout.ts";
import { testRule } from "./rules.ts";

/** A document action as text. */
export type RecordedAction =
  | {
      readonly kind: "index";
      readonly id: string;
      readonly document: string;
      readonly version: bigint;
    }
  | { readonly kind: "delete"; readonly id: string; readonly version: bigint };

/** What the binary log held, as the stages before the sink give it. */
export interface RecordedChanges {
  readonly actions: readonly RecordedAction[];
  readonly gaps: readonly GapEvent[];
  readonly incomplete: readonly IncompleteRowsEvent[];
  readonly commits: readonly SourcePosition[];
}

/** An ActionWriter that keeps what it is given. */
export class RecordingWriter implements ActionWriter {
  readonly id = Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES);
  readonly routing = Buffer.allocUnsafeSlow(ID_SCRATCH_BYTES);
  routingLength = 0;
  readonly actions: RecordedAction[] = [];
  #version = 0n;
  #id = "";

  begin(_target: Target | null, versionHigh: number, versionLow: number): void {
    this.#version = (BigInt(versionHigh) << 32n) | BigInt(versionLow);
  }

  index(idLength: number, bound: number): DocumentSlot {
    this.#id = this.#readId(idLength);
    return { bytes: Buffer.alloc(bound, 0xee), length: 0 };
  }

  aim(): void {
    // the rules of these tests have one index each
  }

  amend(): DocumentSlot {
    throw new Error("no rule of these tests clears fields");
  }

  finish(slot: DocumentSlot, end: number): void {
    if (end > slot.bytes.length)
      throw new Error(`a document of ${end} bytes had a bound of ${slot.bytes.length}`);
    this.actions.push({
      kind: "index",
      id: this.#id,
      document: slot.bytes.toString("utf8", 0, end),
      version: this.#version,
    });
  }

  delete(idLength: number): boolean {
    this.actions.push({ kind: "delete", id: this.#readId(idLength), version: this.#version });
    return true;
  }

  #readId(length: number): string {
    return JSON.parse(`"${this.id.toString("utf8", 0, length)}"`) as string;
  }
}

/** What to record. */
export interface RecordOptions {
  readonly url: string;
  readonly database: string;
  /** Null: no actions are made of the rows. */
  readonly rule?: Partial<RuleOptions> | null;
  /** Work to do on the server; what it logs is recorded. */
  readonly work: () => Promise<void>;
  /** Called before a table's definition is asked for; what it throws is the answer. Warnings are then no failure. */
  readonly onLookup?: (table: string) => void;
  /** Called with every event of rows; valid during the call. */
  readonly onRows?: (event: RowsEvent) => void;
  readonly onSchemaChange?: (event: SchemaChangeEvent) => void;
}

const BINARY = { name: "binary", charset: "binary" };

/** Does the work and reads back what it logged about the database's tables, through the real dump and the real decoders. */
export async function recordChanges(options: RecordOptions): Promise<RecordedChanges> {
  const connectionOptions = parseConnectionUrl(options.url);
  await using connection = await openConnection(connectionOptions);
  const server = await describeServer(connection);
  const collations = await readCollations(connection, server);
  const start = await readLogEnd(connection, server);
  await options.work();
  const end = await readLogEnd(connection, server);

  const isCaptured = (database: string): boolean => database === options.database;
  const tables = new TableRegistry({
    isCaptured,
    flavor: server.flavor,
    types: { collationOf: (id) => collations.get(id) ?? BINARY, decodeText },
    describeTable: async (database, table) => {
      options.onLookup?.(table);
      return describeTable(connection, database, table);
    },
  });
  const position = new LogPosition(0);
  position.rotate(start.file, start.position);
  const abort = new AbortController();
  const warnings: string[] = [];
  const note = (_fields: object, message: string): void => void warnings.push(message);
  await using replica = new Replica({
    connection: connectionOptions,
    serverId: 800_000_000 + Math.floor(Math.random() * 1e8),
    heartbeatMs: 500,
  });
  await using capture = new Capture({
    reader: new ChangeReader({
      tables,
      position,
      isCaptured,
      decodeCollation: (id, bytes) => decodeText((collations.get(id) ?? BINARY).charset, bytes),
    }),
    connect: (resumeAt) =>
      replica.dump({
        kind: "position",
        file: (resumeAt ?? start).file,
        position: (resumeAt ?? start).position,
      }),
    translateError: translateReplicationError,
    clock: systemClock,
    logger: { debug: () => {}, info: () => {}, warn: note, error: note },
    signal: abort.signal,
  });
  const rule = options.rule === null ? null : testRule(options.rule);
  const recorded = await drainTo(capture, end, { ...options, rule });
  if (warnings.length > 0 && options.onLookup === undefined)
    throw new Error(`the capture warned: ${warnings.join("; ")}`);
  return recorded;
}

interface DrainOptions extends Pick<RecordOptions, "onRows" | "onSchemaChange"> {
  readonly rule: Rule | null;
}

async function drainTo(
  capture: Capture,
  end: SourcePosition,
  { rule, onRows, onSchemaChange }: DrainOptions,
): Promise<RecordedChanges> {
  const writer = new RecordingWriter();
  const encoders = new Map<TableVersion, RowEncoder>();
  const result = {
    gaps: [] as GapEvent[],
    incomplete: [] as IncompleteRowsEvent[],
    commits: [] as SourcePosition[],
  };
  for (;;) {
    const event = capture.poll();
    if (event === null) {
      await capture.wait();
      continue;
    }
    if (event.kind === "rows") {
      onRows?.(event);
      if (rule === null) continue;
      const encoder = encoders.get(event.table) ?? compileEncoder(rule, event.table);
      encoders.set(event.table, encoder);
      writer.begin({ index: "test", write: "whole" }, event.versionHigh, event.versionLow);
      const next = encoder[event.operation](event.bytes, event.start, event.end, writer);
      if (next !== event.end) throw new Error(`rows end at ${next} instead of ${event.end}`);
    } else if (event.kind === "schema") {
      onSchemaChange?.(event);
    } else if (event.kind === "gap") {
      result.gaps.push(event);
    } else if (event.kind === "incomplete") {
      result.incomplete.push(event);
    } else if (event.kind === "commit" || event.kind === "heartbeat") {
      if (event.kind === "commit") result.commits.push(event.position);
      if (isAt(event.position, end)) return { ...result, actions: writer.actions };
    }
  }
}

function isAt(position: SourcePosition, end: SourcePosition): boolean {
  return (
    position.file > end.file || (position.file === end.file && position.position >= end.position)
  );
}
