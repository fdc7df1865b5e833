import { describe, expect, test } from "vitest";
import type { ColumnType } from "../../src/core/schema.ts";
import type { Finding } from "../../src/core/finding.ts";
import type { TargetSpec } from "../../src/core/sink.ts";
import { checkTarget } from "../../src/sink/preflight.ts";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";

const INTEGER: ColumnType = { kind: "integer", bytes: 4, unsigned: false };

function spec(index: string, create = true): TargetSpec {
  const fields = [{ name: "v", type: INTEGER, decimalAsString: false }];
  return { target: { index, write: "whole" }, fields, create, dynamic: "strict" };
}

async function check(target: TestTarget, ...specs: readonly TargetSpec[]): Promise<Finding[]> {
  const findings = await checkTarget({ hosts: [target.url.origin] }, specs);
  expect(findings.slice(0, 2)).toMatchObject([
    { severity: "ok", check: `host ${target.url.origin}` },
    { severity: "ok", check: "disk" },
  ]);
  return findings.slice(2);
}

describe.each(["elasticsearch", "opensearch"] as const)("on %s", (server) => {
  test("a missing index is well when it may be created", async () => {
    await using target = await openTestTarget(server);
    const index = `${target.prefix}m`;
    expect(await check(target, spec(index))).toEqual([
      {
        severity: "ok",
        check: `index ${index}`,
        message: "does not exist yet and will be created",
      },
    ]);
    expect(await check(target, spec(index, false))).toMatchObject([{ severity: "error" }]);
    expect((await target.request("HEAD", index)).status).toBe(404);
  });

  test("a fitting index is well, and looking at it changes nothing", async () => {
    await using target = await openTestTarget(server);
    const index = `${target.prefix}f`;
    await target.request("PUT", index, { mappings: { properties: { v: { type: "long" } } } });
    expect(await check(target, spec(index))).toEqual([
      { severity: "ok", check: `index ${index}`, message: "exists and can be written" },
    ]);
    const { body } = await target.request("GET", `${index}/_stats/indexing?filter_path=_all.total`);
    expect(body).toMatchObject({ _all: { total: { indexing: { index_total: 0 } } } });
    expect(await target.all(index)).toEqual([]);
  });

  test("fields that do not fit and fields without a mapping are named", async () => {
    await using target = await openTestTarget(server);
    const index = `${target.prefix}x`;
    const mappings = { dynamic: "strict", properties: { v: { type: "date" } } };
    await target.request("PUT", index, { mappings });
    expect(await check(target, spec(index))).toMatchObject([
      { severity: "ok" },
      {
        severity: "warning",
        check: `index ${index}, field v`,
        message: expect.stringMatching(/^is date/),
      },
    ]);
    const bare = `${target.prefix}y`;
    await target.request("PUT", bare, { mappings: { dynamic: "strict" } });
    expect(await check(target, spec(bare, false))).toMatchObject([
      { severity: "ok" },
      { severity: "error", message: "has no mapping for v: documents are refused" },
    ]);
  });

  test("blocks, a closed index and an alias without write index each have their remedy", async () => {
    await using target = await openTestTarget(server);
    const [blocked, closed, first, second, alias] = ["b", "c", "1", "2", "alias"].map(
      (name) => target.prefix + name,
    );
    await target.request("PUT", blocked!, {
      settings: { "index.blocks.read_only_allow_delete": true },
    });
    await target.request("PUT", closed!);
    await target.request("POST", `${closed}/_close`);
    for (const index of [first!, second!]) {
      await target.request("PUT", index, { aliases: { [alias!]: {} } });
    }
    const findings = await check(target, spec(closed!), spec(alias!));
    const errors = findings.filter(({ severity }) => severity === "error");
    expect(errors.map(({ remedy }) => remedy)).toEqual([
      `POST /${closed}/_open.`,
      "Set is_write_index for one index of the alias.",
    ]);
    const block = { "index.blocks.read_only_allow_delete": null, "index.blocks.write": true };
    await target.request("PUT", `${blocked}/_settings`, block);
    expect(await check(target, spec(blocked!))).toMatchObject([
      { severity: "error", remedy: expect.stringContaining(`PUT /${blocked}/_settings`) },
    ]);
    await target.request("PUT", `${blocked}/_settings`, { "index.blocks.write": null });
  });

  test("an ingest pipeline that is missing is an error", async () => {
    await using target = await openTestTarget(server);
    const [there, missing] = [`${target.prefix}there`, `${target.prefix}missing`];
    const path = `_ingest/pipeline/${there}`;
    await target.request("PUT", path, { processors: [] });
    const hosts = [target.url.origin];
    const findings = await checkTarget({ hosts }, [], new Set([there, missing]));
    await target.request("DELETE", path);
    expect(findings.slice(2)).toMatchObject([
      { severity: "ok", check: `ingest pipeline ${there}` },
      {
        severity: "error",
        check: `ingest pipeline ${missing}`,
        remedy: expect.stringContaining(`PUT /_ingest/pipeline/${missing}`),
      },
    ]);
  });
});

test("a host that is not there is an error, or a warning beside one that is", async () => {
  await using target = await openTestTarget();
  const gone = "http://127.0.0.1:1";
  expect(await checkTarget({ hosts: [gone] }, [spec("x")])).toMatchObject([
    { severity: "error", check: `host ${gone}`, remedy: expect.stringContaining("hosts") },
  ]);
  const both = await checkTarget({ hosts: [gone, target.url.origin] }, []);
  expect(both.map(({ severity }) => severity)).toEqual(["warning", "ok", "ok"]);
});
