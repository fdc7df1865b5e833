import fc from "fast-check";
import { expect, test } from "vitest";
import { openTestDatabase } from "../support/mysql.ts";
import { recordChanges } from "../support/recorded-changes.ts";

test("a VECTOR is the array of its floats, each in the fewest digits that read back as it", async () => {
  await using db = await openTestDatabase("mysql");
  await db.query("CREATE TABLE t (id INT PRIMARY KEY, v VECTOR(16383))");
  const edges = [0, 1, -1.5, 0.1, 1e-45, 3.4028234663852886e38, 16_777_216, 1.1754943508222875e-38];
  const vectors = [
    edges.map(Math.fround),
    ...fc.sample(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
        minLength: 1,
        maxLength: 300,
      }),
      50,
    ),
  ];
  const bytes = vectors.map((vector) => Buffer.from(Float32Array.from(vector).buffer));
  const { actions } = await recordChanges({
    url: db.url.href,
    database: db.name,
    work: async () => {
      for (const [i, vector] of bytes.entries()) {
        await db.query("INSERT INTO t VALUES (?, ?)", [i, vector]);
      }
    },
  });
  const rows = await db.query<{ id: number; text: string }>(
    "SELECT id, VECTOR_TO_STRING(v) AS text FROM t ORDER BY id",
  );
  for (const { id, text } of rows) {
    const action = actions[id]!;
    const written = JSON.parse(action.kind === "index" ? action.document : "{}") as { v: number[] };
    expect(written.v.map(Math.fround)).toEqual(vectors[id]!.map((value) => value + 0));
    // The server prints six digits.
    for (const [i, printed] of (JSON.parse(text) as number[]).entries()) {
      expect(Math.abs(written.v[i]! - printed)).toBeLessThanOrEqual(
        1e-5 * Math.abs(printed) + 1e-44,
      );
    }
  }
  expect(rows).toHaveLength(vectors.length);
});
