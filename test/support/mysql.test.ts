import { expect, test } from "vitest";
import { openTestDatabase } from "./mysql.ts";

test("a test database is there in its scope and gone after it", async () => {
  await using observer = await openTestDatabase();
  let name: string;
  {
    await using db = await openTestDatabase();
    ({ name } = db);
    await db.query("CREATE TABLE a (id BIGINT UNSIGNED PRIMARY KEY); INSERT INTO a VALUES (?)", [
      "18446744073709551615",
    ]);
    expect(await db.query("SELECT id FROM a")).toEqual([{ id: "18446744073709551615" }]);
    expect(await observer.query("SHOW DATABASES LIKE ?", [name])).toHaveLength(1);
  }
  expect(await observer.query("SHOW DATABASES LIKE ?", [name])).toHaveLength(0);
});
