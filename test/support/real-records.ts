import { readFile } from "node:fs/promises";
import type { RecordTopic, RecordWriter } from "../../src/core/record.ts";

/** A record as text. */
export interface TextRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | null;
  readonly value: string | null;
  /** Names and values. */
  readonly headers?: readonly (readonly [string, string])[];
}

const FOLDER = new URL("../fixtures/records/", import.meta.url);

/** What the real program wrote to Kafka for `schema.sql` and `changes.sql`, in order: see the folder's README. */
export async function readRealRecords(
  program: "canal" | "canal-6-partitions" | "debezium" | "maxwell",
): Promise<TextRecord[]> {
  const text = await readFile(new URL(`${program}.jsonl`, FOLDER), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as TextRecord);
}

/** The script for which the real programs wrote their records, with the database's name in place of theirs. */
export async function readScript(
  database: string,
): Promise<{ readonly schema: string; readonly changes: string; readonly partitions: string }> {
  const read = async (name: string): Promise<string> =>
    (await readFile(new URL(name, FOLDER), "utf8"))
      .replace("create database if not exists peers_bench;", "")
      .replaceAll("peers_bench", database);
  return {
    schema: await read("schema.sql"),
    changes: await read("changes.sql"),
    partitions: await read("partitions.sql"),
  };
}

/** A RecordWriter that keeps what it is given. */
export class RecordCollector implements RecordWriter {
  readonly records: TextRecord[] = [];

  append(
    topic: RecordTopic,
    partition: number,
    { key, value, headers }: Parameters<RecordWriter["append"]>[2],
  ): boolean {
    const text = (bytes: Uint8Array | null): string | null =>
      bytes && Buffer.from(bytes).toString();
    this.records.push({
      topic: topic.name,
      partition,
      key: text(key),
      value: text(value),
      headers: readHeaders(Buffer.from(headers)),
    });
    return true;
  }
}

/** Names and values of a block of headers, all shorter than 64 bytes. */
function readHeaders(block: Buffer): (readonly [string, string])[] {
  const headers: (readonly [string, string])[] = [];
  for (let p = 1; p < block.length;) {
    const name = p + 1 + block[p]! / 2;
    const value = name + 1 + block[name]! / 2;
    headers.push([block.toString("utf8", p + 1, name), block.toString("utf8", name + 1, value)]);
    p = value;
  }
  return headers;
}
