import { expect, test } from "vitest";
import { parseConfig } from "../config/load.ts";
import { ofTopology } from "../config/topology.ts";
import type { Column, TableSchema } from "../core/schema.ts";
import { joinFindings } from "./check.ts";
import { checkTables, checkTopicNames } from "./check-capture.ts";

const ID: Column = {
  name: "id",
  type: { kind: "integer", bytes: 4, unsigned: false },
  nullable: false,
};

function table(name: string, primaryKey = [0]): TableSchema {
  return { database: "shop", table: name, columns: [ID], primaryKey };
}

function captureOf(sink: string) {
  const text = `name = "x"
[source]
url = "mysql://u@h"
[sink]
type = "kafka"
brokers = ["k"]
${sink}
[[rules]]
table = "shop.*"
`;
  const config = parseConfig(text, { syntax: "toml", file: "x.toml", folder: "/", env: {} });
  return ofTopology(config, "capture");
}

test("tables whose names become one topic are told apart from those that are meant to share it", () => {
  const tables = [table("größe"), table("gr_ße"), table("orders")];
  expect(checkTopicNames({ topic: "{database}.{table}" }, tables)).toMatchObject([
    {
      severity: "error",
      check: "topic shop.gr__e",
      message: "shop.größe and shop.gr_ße would both be written to it",
    },
  ]);
  expect(checkTopicNames({ topic: "shop" }, tables)).toEqual([]);
});

test("a table without a key is fine when columns choose its partition, by name or pattern", () => {
  const options = { caseSensitive: true };
  const check = (sink: string) =>
    checkTables(captureOf(sink), [table("log_1", []), table("t")], options).filter(
      ({ severity }) => severity !== "ok",
    );
  expect(check("")).toMatchObject([
    { message: "shop.log_1 has no primary key: all of its rows go to one partition" },
  ]);
  expect(check('partition_by = { "shop.log_#" = ["id"] }')).toEqual([]);
  expect(check('partition_by = { "shop.log_#" = ["gone"] }')).toMatchObject([
    { severity: "error", message: expect.stringContaining("has no column gone") },
  ]);
});

test("findings of both halves are told as of one pipeline", () => {
  const ok = { severity: "ok", message: "fine" } as const;
  const missing = { severity: "warning", message: "does not exist; a run waits for it" } as const;
  expect(
    joinFindings(
      [
        { ...ok, check: "start" },
        { ...ok, check: "folder /x" },
        { ...ok, check: "topic a" },
        { severity: "error", check: "topic b", message: "does not exist" },
        { ...ok, check: "brokers k", message: "1 broker" },
        { severity: "error", check: "source", message: "access denied" },
      ],
      [
        { severity: "ok", check: "start", message: "from earliest" },
        { ...ok, check: "folder /x" },
        { ...missing, check: "topic a" },
        { ...missing, check: "topic b" },
        { ...ok, check: "group g" },
        { ...ok, check: "brokers k", message: "can be reached" },
        { severity: "error", check: "source.mysql", message: "access denied" },
      ],
    ).slice(6),
  ).toEqual([
    { severity: "ok", check: "sync: start", message: "from earliest" },
    { ...missing, check: "sync: topic b" },
    { ...ok, check: "group g" },
  ]);
});

test("a rule that takes no table is told", () => {
  expect(checkTables(captureOf(""), [], { caseSensitive: true })).toMatchObject([
    { severity: "warning", check: "rule shop.*" },
  ]);
});
