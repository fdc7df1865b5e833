import { expect, test } from "vitest";
import { createReaderOpener } from "../../src/pipeline/load/reader-opener.ts";
import { loadRules } from "../../src/pipeline/rule-set.ts";
import type { Candidate } from "../../src/pipeline/verify/candidate.ts";
import { expectedOf, readExpected } from "../../src/pipeline/verify/confirm.ts";
import { isFoundById, isOfUntoldKey, makerOf } from "../../src/pipeline/verify/makers.ts";
import { DocumentEncoders } from "../../src/pipeline/verify/table-documents.ts";
import type { VerifiedTable } from "../../src/pipeline/verify/verified-table.ts";
import { newLoad } from "../../src/snapshot/new-load.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase } from "../support/mysql.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { until } from "../support/until.ts";
import { appliedBy, runVerify } from "./scene.ts";

/** Definitions of key columns, with values. */
const KEYS: readonly (readonly [columns: string, values: string])[] = [
  [
    "a tinyint(1), b bigint unsigned, c bigint zerofill, d decimal(20, 4), e bit(40), f year",
    "(-1, 0, 7, 0, 0, 0), (1, 18446744073709551615, 12345678901, -0.5, 1099511627775, 1901), (0, 9007199254740993, 1, 1234567890123456.0001, 1, 2155)",
  ],
  ["a bit(1)", "(b'0'), (b'1')"],
  ["a date", "('0000-00-00'), ('2024-02-29'), ('0001-01-01'), ('9999-12-31')"],
  [
    "a time(6), b datetime(3), c timestamp(6)",
    "('-838:59:59', '2024-02-29 23:59:59.999', '2024-10-27 01:30:00'), ('-00:00:01.5', '2024-01-00', '2024-01-01'), ('0:0:0.000001', '2024-01-01', 0)",
  ],
  ["a char(5)", "(''), ('a'), ('a:b'), ('%3A'), ('é\"\\\\')"],
  [
    "a varchar(9) character set latin1, b varchar(9) character set sjis, c varchar(200)",
    "('ä', 'ソ', 'a '), ('A', ':', '😀'), (' b', 'a', repeat('é', 200))",
  ],
  ["a enum('x', 'y:z', ''), b set('x', 'y')", "('x', ''), ('y:z', 'x,y'), ('', 'x')"],
  ["a binary(4), b varbinary(9)", "(0x00, ''), (0x6100, 0x00), (0xffffffff, 0x00ff)"],
  ["a varchar(9), b date", "('null', '2024-01-01'), (':', '0000-00-00'), ('x', '2024-01-01')"],
];

const MARIADB_KEYS: typeof KEYS = [
  [
    "a uuid, b inet6, c inet4",
    "('123e4567-e89b-12d3-a456-426655440000', '::1', '1.2.3.4'), (uuid(), '::ffff:1.2.3.4', '0.0.0.0'), (uuid(), '2001:db8::ff00:42:8329', '0.0.0.0')",
  ],
];

test.each([
  ["mysql", KEYS],
  ["mariadb", [...KEYS, ...MARIADB_KEYS]],
] as const)(
  "the row of a document is found by the document's id, whatever its key is, on %s; ids that do not tell their key are known",
  async (server, keys) => {
    await using db = await openTestDatabase(server);
    await using target = await openTestTarget();
    await db.query("set sql_mode = ''");
    for (const [n, [columns, values]] of keys.entries()) {
      const names = [...columns.matchAll(/(?:^|, )([a-f]) /g)].map(([, name]) => name).join();
      await db.query(
        `create table t${n} (${columns}, primary key (${names})); insert into t${n} (${names}) values ${values}`,
      );
    }
    await using pipeline = await createTestPipeline({
      db,
      target,
      begin: "",
      rules: keys
        .map(
          (_, n) =>
            `[[rules]]\nname = "r${n}"\ntable = "${db.name}.t${n}"\nindex = "${target.prefix}t${n}"\n`,
        )
        .join(""),
    });
    await using run = await pipeline.start();
    await run.caughtUp();
    const isLoaded = () => run.status().loads.every(({ state }) => state === "done");
    await until("loaded", isLoaded, { timeoutMs: 60_000 });
    await run.caughtUp();
    const result = await runVerify(pipeline.config, { applied: appliedBy(run) });
    expect(result).toMatchObject({ differences: [], unsettled: 0, failures: [] });
    // no index takes a document with an empty id
    expect(result.tables.map(({ failed }) => failed)).toEqual(
      keys.map(([columns]) => (columns === "a char(5)" ? 1 : 0)),
    );

    const rules = await loadRules(pipeline.config.rules);
    const encoders = new DocumentEncoders(rules);
    await using reader = await createReaderOpener(pipeline.config)();
    const lost: string[] = [];
    for (const [n, [columns]] of keys.entries()) {
      const rule = rules[n]!;
      const table = (await reader.describe(db.name, `t${n}`))!;
      const load = newLoad({ database: db.name, table: `t${n}`, rules: [`r${n}`] });
      const verified: VerifiedTable = { table, load, rules: [rule] };
      expect(isFoundById(verified, rule)).toBe(true);
      const index = `${target.prefix}t${n}`;
      const documents = await target.all(index);
      expect(documents.length).toBeGreaterThan(0);
      for (const { _id: id } of documents) {
        if (id.startsWith("sha256:") || isOfUntoldKey(verified, rule, id)) continue;
        const maker = makerOf(verified, rule, id);
        const candidate: Candidate = {
          index,
          id,
          routing: null,
          isNamed: true,
          key: null,
          seen: null,
          low: null,
          makers: maker === null ? [] : [maker],
        };
        const rows = await readExpected([candidate], { reader, encoders });
        if (expectedOf(candidate, rows) === null) lost.push(`${columns}: ${id}`);
      }
    }
    expect(lost).toEqual([]);
  },
  120_000,
);
