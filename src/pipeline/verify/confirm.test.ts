import { expect, test } from "vitest";
import type { LogPlace } from "../../core/checkpoint.ts";
import type { Chunk, ChunkReader, ChunkTable } from "../../core/load.ts";
import type { HttpChannel } from "../../sink/client.ts";
import type { Candidate } from "./candidate.ts";
import { type ConfirmParts, confirmDifferences, type Verdict } from "./confirm.ts";
import type { DocumentBatch } from "./document-batch.ts";
import type { Settling } from "./settling.ts";
import type { DocumentEncoders } from "./table-documents.ts";

const at = (position: number): LogPlace => ({ file: "binlog.000001", position });
const TARGET = { index: "i", write: "whole" } as const;
const TABLE = {} as ChunkTable;

/** What one look finds: the row's document between two watermarks (null = no row), then the index's document and its number (null = none). */
interface Seen {
  readonly row: string | null;
  readonly low: number;
  readonly high: number;
  readonly held: readonly [document: string, seqNo: number] | null;
}

/** Judges a document that was seen in state 1 (or missing) while the row was read at 100; `looks` is what each look finds, the last one again and again. */
async function judge(
  looks: readonly Seen[],
  candidate: Partial<Candidate> = {},
): Promise<Verdict["kind"]> {
  let look = -1;
  const now = (): Seen => looks[Math.min(look, looks.length - 1)]!;
  const reader: Pick<ChunkReader, "read"> = {
    read: () => {
      look += 1;
      const { row, low, high } = now();
      const buffers = row === null ? [] : [Buffer.from(row)];
      return Promise.resolve({ buffers, low: at(low), high: at(high) } as unknown as Chunk);
    },
  };
  const encoders = {
    of: () => ({
      comparing: "whole",
      encode: (bytes: Buffer, _range: unknown, batch: DocumentBatch) => {
        batch.begin(TARGET);
        const slot = batch.index(batch.id.write("1"), bytes.length);
        batch.finish(slot, slot.length + bytes.copy(slot.bytes, slot.length));
        return 0;
      },
    }),
  };
  const channel = {
    host: "http://es",
    send: () => {
      const { held } = now();
      const found =
        held === null
          ? '"found":false'
          : `"_version":1,"_seq_no":${held[1]},"_primary_term":1,"found":true,"_source":${held[0]}`;
      const body = Buffer.from(`{"docs":[{"_index":"i","_id":"1",${found}}]}`);
      return Promise.resolve({ kind: "answer", status: 200, body });
    },
  };
  const parts: ConfirmParts = {
    reader: reader as ChunkReader,
    encoders: encoders as unknown as DocumentEncoders,
    channel: channel as unknown as HttpChannel,
    settling: { wait: () => Promise.resolve(true) } as unknown as Settling,
  };
  const [verdict] = await confirmDifferences(
    [
      {
        index: "i",
        id: "1",
        routing: null,
        makers: [{ table: TABLE, rule: "r", key: ["1"] }],
        isNamed: true,
        key: { id: "1" },
        seen: { seqNo: 1, primaryTerm: 1, version: 1n },
        low: at(100),
        ...candidate,
      },
    ],
    parts,
  );
  return verdict!.kind;
}

const A = '{"a":1}';
const B = '{"a":2}';

test("a document that was not written in between and differs is a difference", async () => {
  expect(await judge([{ row: A, low: 200, high: 250, held: [B, 1] }])).toBe("stale");
});

test("a document that was written in between is looked at again", async () => {
  const agrees = { row: B, low: 300, high: 350, held: [B, 2] } as const;
  expect(await judge([{ row: A, low: 200, high: 250, held: [B, 2] }, agrees])).toBe("agrees");
  const differs = { row: A, low: 300, high: 350, held: [B, 2] } as const;
  expect(await judge([{ row: A, low: 200, high: 250, held: [B, 2] }, differs])).toBe("stale");
});

test("a document that is written at every look is not settled", async () => {
  const looks = Array.from({ length: 10 }, (_, n) => ({
    row: n % 2 === 0 ? A : B,
    low: 200 + n,
    high: 201 + n,
    held: [n % 2 === 0 ? B : A, 2 + n] as const,
  }));
  expect(await judge(looks)).toBe("unsettled");
});

test("a document is missing at once when nothing was logged, else when it is so again and again", async () => {
  const missing = { seen: null };
  expect(await judge([{ row: A, low: 100, high: 100, held: null }], missing)).toBe("missing");
  const busy = (n: number) => ({ row: A, low: 200 + 10 * n, high: 205 + 10 * n, held: null });
  const back = { row: A, low: 300, high: 305, held: [A, 9] } as const;
  expect(await judge([busy(0), busy(1), back], missing)).toBe("agrees");
  expect(await judge([busy(0), busy(1), busy(2), busy(3)], missing)).toBe("missing");
});

test("a document whose row has gone is extra only where its id names the row", async () => {
  const gone = { row: null, low: 200, high: 250, held: [A, 1] } as const;
  expect(await judge([gone])).toBe("extra");
  expect(await judge([gone], { isNamed: false })).toBe("unsettled");
  expect(await judge([{ ...gone, held: null }])).toBe("agrees");
});
