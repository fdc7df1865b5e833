import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MysqlGtidSet } from "../../src/core/mysql-gtid-set.ts";
import { openConnection, parseConnectionUrl } from "../../src/mysql/connection.ts";
import { testServerUrl } from "../support/servers.ts";

const gtid = fc.tuple(
  fc.constantFrom(
    "0000000a-0000-0000-0000-00000000000a",
    "0000000B-0000-0000-0000-00000000000B",
    "f000000c00000000000000000000000c",
  ),
  fc.constantFrom("", "", "Tag_1:", "z:", "_:"),
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 0, max: 4 }),
);
const gtidSet = fc
  .array(gtid, { maxLength: 12 })
  .map((list) =>
    list.map(([sid, tag, first, more]) => `${sid}:${tag}${first}-${first + more}`).join(",\n"),
  );

test("agrees with GTID_SUBTRACT and GTID_SUBSET of the server", async () => {
  await using connection = await openConnection(parseConnectionUrl(testServerUrl("mysql").href));
  await fc.assert(
    fc.asyncProperty(gtidSet, gtidSet, async (one, two) => {
      const [row] = await connection.query(
        "SELECT GTID_SUBTRACT(?, '') canonical, GTID_SUBTRACT(?, ?) difference, GTID_SUBSET(?, ?) subset",
        [one, one, two, one, two],
      );
      const [a, b] = [MysqlGtidSet.parse(one), MysqlGtidSet.parse(two)];
      const oneLine = (text: string | null | undefined): string =>
        (text ?? "").replaceAll("\n", "");
      expect(a.toString()).toBe(oneLine(row?.["canonical"]));
      expect(a.subtract(b).toString()).toBe(oneLine(row?.["difference"]));
      expect(a.isSubsetOf(b)).toBe(row?.["subset"] === "1");
    }),
    { numRuns: 300 },
  );
});
