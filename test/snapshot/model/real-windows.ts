import type { Chunk } from "../../../src/core/load.ts";
import type { TableVersion } from "../../../src/core/row-layout.ts";
import { versionOf } from "../../../src/core/version.ts";
import { ChunkQueue } from "../../../src/pipeline/load/chunk-queue.ts";
import { Windows } from "../../../src/pipeline/load/windows.ts";

const SCOPE = { database: "shop", table: "orders", rules: ["orders"] };
const RULE = "orders";
const EPOCH = 1;

/** A place of the model's log as one of a binary log. */
function placeAt(position: number): { readonly file: string; readonly position: number } {
  return { file: "binlog.000001", position };
}

/** The version of a place, its low bits: the model's log has one file. */
export function versionAt(position: number): number {
  return versionOf(EPOCH, placeAt(position)).low;
}

/** What windows that are open have noted (a bit for each key) when the stream has also written these keys. */
export const noteKeys = remembered(
  (noted: readonly number[], keys: readonly number[]): number[] => {
    const windows = new Windows();
    const opened = noted.map((bits) => {
      const window = windows.open(SCOPE);
      for (const key of keysOf(bits)) window.note(RULE, String(key));
      return window;
    });
    for (const key of keys)
      for (const window of windows.over(SCOPE.database, SCOPE.table, RULE) ?? [])
        window.note(RULE, String(key));
    return opened.map((window) =>
      [...window.noted(RULE)].reduce((bits, key) => bits | (1 << Number(key)), 0),
    );
  },
);

/** A chunk that waits for the stream. */
export interface WaitingChunk {
  readonly low: number;
  readonly high: number;
  readonly buffers: number;
  readonly handed: number;
  readonly noted: number;
}

/** What is handed over at once. */
interface NextRead {
  readonly version: number;
  readonly isLeftOut: (key: number) => boolean;
}

/** What is handed over of a chunk when the stream stands behind `passed`: its version, and the keys left out; null when it has to wait. */
export const nextRead = remembered(
  ({ low, high, buffers, handed, noted }: WaitingChunk, passed: number): NextRead | null => {
    const windows = new Windows();
    const window = windows.open(SCOPE);
    for (const key of keysOf(noted)) window.note(RULE, String(key));
    const queue = new ChunkQueue({
      epoch: EPOCH,
      onOffer: () => {},
      close: (closed) => windows.close(closed),
      closed: () => 0,
    });
    const chunk: Chunk = {
      table: {} as TableVersion,
      buffers: Array.from({ length: buffers }, () => Buffer.alloc(0)),
      rows: 1,
      bytes: 0,
      low: placeAt(low),
      high: placeAt(high),
    };
    // It stays as it is here; the model says when it is closed.
    void queue.offer(chunk, window);
    for (let before = 0; before < handed; before++) queue.next(placeAt(high));
    const read = queue.next(placeAt(passed));
    if (read === null) return null;
    const written = read.written?.(RULE) ?? new Set();
    return { version: read.versionLow, isLeftOut: (key) => written.has(String(key)) };
  },
);

/** The same arguments come again and again. */
function remembered<A, B, Result>(compute: (a: A, b: B) => Result): (a: A, b: B) => Result {
  const known = new Map<string, Result>();
  return (a, b) => {
    const code = JSON.stringify([a, b]);
    let result = known.get(code);
    if (result === undefined) known.set(code, (result = compute(a, b)));
    return result;
  };
}

function keysOf(bits: number): number[] {
  return [1, 2, 3].filter((key) => (bits & (1 << key)) !== 0);
}
