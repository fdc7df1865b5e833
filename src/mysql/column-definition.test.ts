import { describe, expect, test } from "vitest";
import { parseLabels } from "../core/sql-labels.ts";
import { canonicalCharset, parseColumnType } from "./column-definition.ts";

const plain = {
  charset: null,
  collation: null,
  maxBytes: 0,
  precision: 0,
  scale: 0,
  fraction: 0,
  holdsJson: false,
};

describe("parseLabels", () => {
  // Left: COLUMN_TYPE as MySQL 9.7.4 and MariaDB 10.11 print it; right: the labels of the CREATE TABLE.
  test.each([
    [String.raw`enum('it''s','a,b','back\\slash')`, ["it's", "a,b", "back\\slash"]],
    [String.raw`enum('new\nline','tab	','nul\0x')`, ["new\nline", "tab\t", "nul\0x"]],
    [`enum('Ωü','','quote"d','par)en','%')`, ["Ωü", "", 'quote"d', "par)en", "%"]],
    [`set('x','y''z','(')`, ["x", "y'z", "("]],
    [`enum('''')`, ["'"]],
    [`set('unsigned')`, ["unsigned"]],
  ])("reads %s", (columnType, labels) => {
    expect(parseLabels(columnType)).toEqual(labels);
  });
});

describe("parseColumnType", () => {
  test("takes the sign from the attributes", () => {
    const integer = { ...plain, dataType: "int" };
    const unsigned = { kind: "integer", bytes: 4, unsigned: true };
    expect(parseColumnType({ ...integer, columnType: "int(5) unsigned zerofill" })).toEqual(
      unsigned,
    );
    expect(parseColumnType({ ...integer, columnType: "int" })).toEqual({
      ...unsigned,
      unsigned: false,
    });
  });

  test.each([
    ["tinytext", 255, false],
    ["text", 65_535, true],
    ["mediumtext", 16_777_215, true],
    ["longtext", 4_294_967_295, true],
    ["varchar", 40, false],
  ])("knows the size of %s", (dataType, maxBytes, large) => {
    const collation = "utf8_bin";
    const column = {
      ...plain,
      dataType,
      columnType: dataType,
      charset: "utf8",
      collation,
      maxBytes,
    };
    expect(parseColumnType(column)).toEqual({
      kind: "text",
      charset: "utf8mb3",
      collation,
      maxBytes,
      large,
    });
  });

  test("MariaDB's JSON is text with a check", () => {
    const column = { ...plain, dataType: "longtext", columnType: "longtext", holdsJson: true };
    expect(parseColumnType(column)).toEqual({ kind: "json", text: true });
    expect(parseColumnType({ ...column, charset: "latin1" })?.kind).toBe("text");
  });

  test("gives up on what the log does not show", () => {
    const old = { ...plain, dataType: "time", columnType: "time(3) /* mariadb-5.3 */" };
    expect(parseColumnType({ ...old, fraction: 3 })).toBeNull();
    expect(parseColumnType({ ...old, fraction: 0 })).toEqual({ kind: "time", fraction: 0 });
    expect(parseColumnType({ ...plain, dataType: "xmltype", columnType: "xmltype" })).toBeNull();
  });
});

test("utf8 and utf8mb3 are one character set", () => {
  expect([canonicalCharset("utf8"), canonicalCharset("latin1")]).toEqual(["utf8mb3", "latin1"]);
});
