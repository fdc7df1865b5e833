import { expect, test } from "vitest";
import { MysqlGtidSet } from "../core/mysql-gtid-set.ts";
import { decodePreviousGtids } from "./previous-gtids.ts";

const A = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const B = "4e11fa47-71ca-11e1-9e33-c80aa9429562";

test.each(["", `${A}:1-5`, `${A}:1-5:7:9-11,${B}:1`, `${A}:1-3:blue:1-2:9,${B}:green:4`])(
  "the set %j is read from its binary form",
  (text) => {
    const bytes = MysqlGtidSet.parse(text).encode();
    expect(decodePreviousGtids(bytes, 0, bytes.length).toString()).toBe(text);
  },
);

test("a set that is cut off is corrupt", () => {
  const bytes = MysqlGtidSet.parse(`${A}:1-5`).encode();
  expect(() => decodePreviousGtids(bytes, 0, bytes.length - 3)).toThrow(
    expect.objectContaining({ code: "BINLOG_CORRUPT" }),
  );
});
