import { expect, test } from "vitest";
import { assignStart, parseStartPoint } from "./start-point.ts";

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
  for (const [start, config] of [
    [time, capture],
    [place, sync],
  ] as const)
    expect(() => assignStart(start, [config])).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
});
