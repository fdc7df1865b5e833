import { expect, test } from "vitest";
import { parseConfig } from "../config/load.ts";
import { ofTopology } from "../config/topology.ts";
import { configFingerprint } from "../config/fingerprint.ts";
import type { Checkpoint } from "../core/checkpoint.ts";
import type { SourceState } from "../pipeline/start.ts";
import { describeStart } from "./check-start.ts";

const SOURCE: SourceState = {
  flavor: "mysql",
  serverUuid: "e82c9516-e741-11f1-a909-02fc00000001",
  hasGtids: false,
  gtidExecuted: null,
  gtidPurged: null,
  gtidAtPlace: null,
  binlogFiles: ["binlog.000001", "binlog.000002"],
  current: { file: "binlog.000002", position: 1234 },
};
const SHORTENED: SourceState = { ...SOURCE, binlogFiles: ["binlog.000002"] };

function configWith(start: string) {
  const text = `name = "x"
[source]
url = "mysql://u@h"
${start}
[sink]
hosts = ["http://h"]
[[rules]]
table = "a.b"
index = "i"
`;
  const config = parseConfig(text, { syntax: "toml", file: "x.toml", folder: "/", env: {} });
  return ofTopology(config, "direct");
}

test("a first start tells its place, and when the log no longer has its beginning", () => {
  const config = configWith('start = "earliest"');
  const inputs = { checkpoint: null, config };
  expect(describeStart(SOURCE, inputs)).toEqual([
    { severity: "ok", check: "start", message: "first start, from binlog.000001:4" },
  ]);
  expect(describeStart(SHORTENED, inputs)).toMatchObject([
    { severity: "warning", remedy: expect.stringContaining("will be missing") },
  ]);
  const latest = { checkpoint: null, config: configWith('start = "latest"') };
  expect(describeStart(SHORTENED, latest)).toMatchObject([{ severity: "ok" }]);
});

test("a checkpoint is gone on from, and one that the server cannot serve is an error", () => {
  const config = configWith("");
  const checkpoint: Checkpoint = {
    format: 1,
    pipeline: "x",
    flavor: "mysql",
    serverUuid: SOURCE.serverUuid,
    epoch: 0,
    file: "binlog.000001",
    position: 157,
    fingerprint: configFingerprint(config),
    gaps: [],
    savedAt: "2026-01-01T00:00:00.000Z",
  };
  const message = "goes on from the checkpoint, binlog.000001:157";
  expect(describeStart(SOURCE, { checkpoint, config })).toMatchObject([{ message }]);
  expect(() => describeStart(SHORTENED, { checkpoint, config })).toThrow(
    "The server has no binlog file binlog.000001",
  );
  const never = configWith('[load]\nmode = "never"');
  expect(() => describeStart(SOURCE, { checkpoint: null, config: never })).toThrow(
    "source.start is not set",
  );
});

test("without a start the log is read from its end, and what is there already is loaded", () => {
  const config = configWith("");
  expect(describeStart(SOURCE, { checkpoint: null, config })).toMatchObject([
    { severity: "ok", message: expect.stringMatching(/^first start, from .*; rows .* are loaded/) },
  ]);
});
