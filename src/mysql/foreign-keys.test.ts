import { expect, test } from "vitest";
import { describeActions, logsCascades, parseForeignKeys } from "./foreign-keys.ts";

const CHILD = { database: "shop", table: "items" };

test("foreign keys are read from what the server prints", () => {
  const keys = parseForeignKeys(
    CHILD,
    "CREATE TABLE `items` (\n  `id` int NOT NULL,\n" +
      "  CONSTRAINT `f``1` FOREIGN KEY (`a`, `b, c`) REFERENCES `other`.`orders` (`x`, `y`) ON DELETE CASCADE ON UPDATE SET NULL,\n" +
      "  CONSTRAINT `f2` FOREIGN KEY (`c`) REFERENCES `x` (`id`) ON DELETE RESTRICT,\n" +
      "  CONSTRAINT `f3` FOREIGN KEY (`d`) REFERENCES `y` (`id`)\n) ENGINE=InnoDB",
  );
  expect(keys).toEqual([
    {
      name: "f`1",
      child: CHILD,
      columns: ["a", "b, c"],
      parent: { database: "other", table: "orders" },
      parentColumns: ["x", "y"],
      onDelete: "cascade",
      onUpdate: "set null",
    },
    expect.objectContaining({
      name: "f2",
      parent: { database: "shop", table: "x" },
      onDelete: "refuse",
      onUpdate: "refuse",
    }),
    expect.objectContaining({ name: "f3", onDelete: "refuse", onUpdate: "refuse" }),
  ]);
  expect(keys.map(describeActions)).toEqual(["ON DELETE CASCADE ON UPDATE SET NULL", "", ""]);
});

test("MySQL logs cascades since 9.6, where InnoDB does not do them itself", () => {
  const mysql = (versionNumber: number) => ({ flavor: "mysql", versionNumber }) as const;
  expect(logsCascades(mysql(90_600), false)).toBe(true);
  expect(logsCascades(mysql(90_600), true)).toBe(false);
  expect(logsCascades(mysql(80_400), false)).toBe(false);
  expect(logsCascades({ flavor: "mariadb", versionNumber: 110_800 }, false)).toBe(false);
});
