import { expect, test } from "vitest";
import {
  assignStart,
  parseFromTime,
  parseMargin,
  parseStartPoint,
  readStart,
} from "./start-point.ts";

test("a start is a word, a place in the log, a GTID set or a time", () => {
  expect(parseStartPoint("earliest")).toEqual({ kind: "earliest" });
  expect(parseStartPoint("binlog.000042:157")).toMatchObject({ file: "binlog.000042" });
  expect(parseStartPoint("gtid: a:1-5")).toEqual({ kind: "gtid", gtidSet: "a:1-5" });
  expect(parseStartPoint("2026-11-23T10:00:00Z")).toEqual({
    kind: "timestamp",
    timestampMs: Date.UTC(2026, 10, 23, 10),
  });
  expect(() => parseStartPoint("2026-11-23T10:00:00")).toThrow("It must be");
});

test("the pipeline that reads the log gets the start, syncs alone get it as offsets", () => {
  const [capture, sync] = [{ topology: "capture" }, { topology: "sync" }] as const;
  const earliest = { kind: "earliest" } as const;
  const time = { kind: "timestamp", timestampMs: 5 } as const;
  const place = { kind: "position", file: "b.1", position: 4 } as const;
  expect(assignStart(undefined, [sync])).toEqual({});
  expect(assignStart(earliest, [capture, sync])).toEqual({ from: earliest });
  expect(assignStart(earliest, [sync])).toEqual({ seekTo: earliest });
  expect(assignStart(time, [sync])).toEqual({ seekTo: time });
  expect(assignStart(place, [capture, sync])).toEqual({ from: place });
  expect(assignStart(time, [{ topology: "direct" }])).toEqual({ from: time });
  expect(assignStart(time, [capture])).toEqual({ from: time });
  expect(() => assignStart(place, [sync])).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID" }),
  );
});

test("of a capture and a sync that run together the sync goes back in time, less the margin", () => {
  const configs = [{ topology: "capture" }, { topology: "sync" }] as const;
  const start = readStart({ fromTime: 100_000 });
  expect(start).toEqual({ kind: "timestamp", timestampMs: 100_000, marginMs: 60_000 });
  expect(assignStart(start, configs)).toEqual({
    seekTo: { kind: "timestamp", timestampMs: 40_000 },
  });
  expect(assignStart(start, [configs[0]])).toEqual({ from: start });
  expect(readStart({ fromTime: 100_000, margin: 0 })).toMatchObject({ marginMs: 0 });
});

test("a time to begin at is absolute or so long ago", () => {
  expect(parseFromTime("2026-11-23T10:00:00+01:00")).toBe(Date.UTC(2026, 10, 23, 9));
  expect(Math.abs(Date.now() - 900_000 - parseFromTime("-15m"))).toBeLessThan(1_000);
  expect(parseMargin("5m")).toBe(300_000);
  for (const text of ["-15", "15m", "2026-11-23T10:00:00", "yesterday"])
    expect(() => parseFromTime(text)).toThrow("It must be a time");
  expect(() => parseMargin("-5m")).toThrow("It must be a duration");
});

test("starts that contradict one another are refused", () => {
  const from = { kind: "latest" } as const;
  for (const flags of [{ from, fromTime: 5 }, { margin: 5 }, { from, margin: 5 }])
    expect(() => readStart(flags)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});
