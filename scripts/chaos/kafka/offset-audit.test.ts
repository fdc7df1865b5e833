import { expect, test } from "vitest";
import type { KafkaCluster } from "../../../src/core/kafka.ts";
import { AcceptedActions } from "../accepted-actions.ts";
import { dueActions } from "./canal-actions.ts";
import { type AuditedRecord, OffsetAudit } from "./offset-audit.ts";

const RECORDS: readonly AuditedRecord[] = [
  { partition: 0, offset: 0, actions: [{ index: "hot", id: "1", version: 10n }] },
  { partition: 0, offset: 3, actions: [{ index: "hot", id: "2", version: 11n }] },
];

function auditOf(committed: () => number): {
  readonly audit: OffsetAudit;
  readonly accepted: AcceptedActions;
} {
  const accepted = new AcceptedActions();
  const left = [...RECORDS];
  const audit = new OffsetAudit({
    cluster: {
      committedOffsets: () => Promise.resolve([{ topic: "t", partition: 0, offset: committed() }]),
    } as unknown as KafkaCluster,
    group: "g",
    topic: "t",
    partitions: 1,
    log: {
      readTo: (_partition, offset) =>
        Promise.resolve(left.splice(0, left.filter((record) => record.offset < offset).length)),
    },
    accepted,
    indexPrefix: "p-",
  });
  return { audit, accepted };
}

const note = (accepted: AcceptedActions, id: string, version: bigint): void =>
  accepted.note({ index: "p-hot", id, version, isDelete: false, isApplied: true }, accepted.now);

test("an offset that is committed beyond an action that is not written is found", async () => {
  let offset = 3;
  const { audit, accepted } = auditOf(() => offset);
  note(accepted, "1", 10n);
  await audit.check();
  expect(audit.records).toBe(1);
  offset = 4;
  await expect(audit.check()).rejects.toThrow(
    "Offset 4 of partition 0 is committed, but version 11 of hot/2, from offset 3, is not written",
  );
});

test("an offset that goes back is found", async () => {
  let offset = 3;
  const { audit, accepted } = auditOf(() => offset);
  note(accepted, "1", 12n);
  await audit.check();
  offset = 2;
  await expect(audit.check()).rejects.toThrow("went back from 3 to 2");
});

test("the documents that a record is due are found by its keys", () => {
  const record = (table: string, data: readonly object[] | null, isDdl = false): string =>
    JSON.stringify({ table, data, isDdl });
  const keys = [
    { n: "1", tenant: "50%3A" },
    { n: "2", tenant: "" },
  ];
  expect(dueActions(record("pairs", keys), 5n)).toEqual([
    { index: "pairs", id: "50%253A:1", version: 5n },
    { index: "pairs", id: ":2", version: 5n },
  ]);
  expect(dueActions(record("shard_2", [{ id: "7" }]), 5n)).toEqual([
    { index: "shards", id: "7", version: 5n },
  ]);
  expect(dueActions(record("items", null, true), 5n)).toEqual([]);
  expect(dueActions(record("numbers", [{ n: "7" }]), 5n)).toEqual([]);
});
