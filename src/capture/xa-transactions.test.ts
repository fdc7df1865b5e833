import { describe, expect, test } from "vitest";
import { XaTransactions } from "./xa-transactions.ts";

const at = (position: number): { file: string; position: number } => ({
  file: "binlog.1",
  position,
});

/** The body of XA_PREPARE for a name as global id. */
function prepareBody(name: string, onePhase = false): Buffer {
  const body = Buffer.alloc(13);
  body[0] = onePhase ? 1 : 0;
  body.writeUInt32LE(1, 1);
  body.writeUInt32LE(name.length, 5);
  return Buffer.concat([body, Buffer.from(name)]);
}

function xidOf(name: string): string {
  return `${Buffer.from(name).toString("hex")},,1`;
}

function prepare(xa: XaTransactions, name: string, gtid: string, position: number): void {
  xa.begin({ gtid, resumeAt: at(position), isOrdered: gtid.includes("-") });
  xa.hold(Buffer.from(name));
  expect(xa.prepare(prepareBody(name))).toBe(null);
}

describe("GTIDs that stand for all before them", () => {
  test("are held back from the oldest prepare on and come out with its end", () => {
    const xa = new XaTransactions();
    expect(xa.holdGtid("0-1-1")).toBe(false);
    prepare(xa, "a", "0-1-2", 100);
    expect(xa.holdGtid("0-1-3")).toBe(true);
    expect(xa.holdGtid("5-1-1")).toBe(true);
    expect(xa.resumeAt).toEqual(at(100));
    expect(xa.eventsOf(xidOf("a"))?.map(String)).toEqual(["a"]);
    expect(xa.finish(xidOf("a"))).toEqual(["0-1-3", "5-1-1"]);
    expect(xa.resumeAt).toBe(null);
  });

  test("stay held while an older one is prepared, whichever ends first", () => {
    const xa = new XaTransactions();
    prepare(xa, "a", "0-1-2", 100);
    prepare(xa, "b", "0-1-3", 200);
    prepare(xa, "c", "7-1-1", 300);
    expect(xa.finish(xidOf("b"))).toEqual([]);
    expect(xa.resumeAt).toEqual(at(100));
    expect(xa.holdGtid("0-1-4")).toBe(true);
    // what came before c's prepare is free, c and what followed is not
    expect(xa.finish(xidOf("a"))).toEqual(["0-1-3"]);
    expect(xa.resumeAt).toEqual(at(300));
    expect(xa.finish(xidOf("c"))).toEqual(["7-1-1", "0-1-4"]);
  });
});

test("a GTID that stands for itself is held back with its transaction only", () => {
  const xa = new XaTransactions();
  prepare(xa, "a", "u:2", 100);
  expect(xa.holdGtid("u:3")).toBe(false);
  expect(xa.finish(xidOf("a"))).toEqual(["u:2"]);
  expect(xa.finish(xidOf("a"))).toEqual([]);
  expect(xa.eventsOf(xidOf("a"))).toBe(undefined);
});

test("one phase is committed at once", () => {
  const xa = new XaTransactions();
  xa.begin({ gtid: undefined, resumeAt: at(1), isOrdered: false });
  xa.hold(Buffer.from("row"));
  expect(xa.prepare(prepareBody("a", true))?.map(String)).toEqual(["row"]);
  expect(xa.resumeAt).toBe(null);
});
