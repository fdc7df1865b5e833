import { expect, test } from "vitest";
import { decodeTaggedGtid } from "./events.ts";

test("a tagged GTID of MySQL 9.7 is read: set gtid_next='automatic:mytag'; insert …", () => {
  // the body of the event that the server showed as SET @@SESSION.GTID_NEXT= '7542bcbf-e736-11f1-9a6f-02fc00000001:mytag:1'
  const body = Buffer.from(
    "027200000002ea84f102fd029d036c22c5036902de04f103000000020404060a6d7974616708080a0c0c7fc92af5adf06006103d051283120b",
    "hex",
  );
  const event = decodeTaggedGtid(body, 0, body.length);
  expect(event.gtid).toBe("7542bcbf-e736-11f1-9a6f-02fc00000001:mytag:1");
  expect(new Date(event.commitTimeUs / 1000).toISOString()).toMatch(/^2026-11-23T12:24:/);
});
