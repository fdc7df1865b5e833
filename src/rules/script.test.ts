import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TableSchema } from "../core/schema.ts";
import { Script } from "./script.ts";
import { parseDocument, printDocument } from "./script-json.ts";
import { loadTransform, type TransformFunction } from "./transform.ts";

const SCHEMA: TableSchema = { database: "d", table: "t", columns: [], primaryKey: [] };

function run(transform: (...given: never[]) => unknown, text = '{"a":1}'): string | null {
  return new Script(transform as unknown as TransformFunction, "r", SCHEMA).run(text, null);
}

test.each([
  "1",
  "-0.5",
  "9007199254740993",
  "-18446744073709551616",
  "123456789012345678.90",
  "0.1",
  "1e300",
  "12345678901234567890.5e3",
])("the number %s goes through a script without a digit lost", (number) => {
  expect(printDocument(parseDocument(`{"n":${number}}`))).toBe(
    `{"n":${number === "1e300" ? "1e+300" : number}}`,
  );
});

test("numbers that are exact are numbers, integers beyond 2^53 bigints", () => {
  const { a, b, c, d } = parseDocument('{"a":1.50,"b":9007199254740993,"c":1e2,"d":[2.0]}');
  expect([a, b, c, d]).toEqual([1.5, 9007199254740993n, 100, [2]]);
});

test.each([
  [() => undefined, "returned undefined"],
  [() => [1], "returned a list"],
  [() => Promise.resolve({}), "returned a promise"],
  [() => "text", "returned string"],
  [() => new Date(0), "returned an object that is no JSON object"],
  [() => ({ toJSON: () => undefined }), "returned an object that is no JSON object"],
  [() => ({ n: Number.NaN }), "threw TypeError: n is NaN"],
  [
    () => {
      throw new RangeError("mine");
    },
    "threw RangeError: mine",
  ],
  [
    () => {
      throw Object.create(null);
    },
    "threw what cannot be told",
  ],
])("what is no document fails the row: %s", (transform, why) => {
  expect(() => run(transform)).toThrow(
    expect.objectContaining({
      code: "RULE_TRANSFORM_FAILED",
      message: expect.stringContaining(why) as string,
    }),
  );
});

test("null takes the document away, anything else replaces it", () => {
  expect(run(() => null)).toBeNull();
  expect(run((doc: object) => ({ ...doc, b: 2n }))).toBe('{"a":1,"b":2}');
});

test("a script is a module with a function", async () => {
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-script-"));
  await using _ = { [Symbol.asyncDispose]: () => folder.remove() };
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder.path, name);
    await writeFile(path, text);
    return path;
  };
  const good = await write("good.mjs", "export default (doc) => doc;");
  expect(await loadTransform(good)).toBeTypeOf("function");
  for (const text of ["export default 1;", "export const x = 1;", "export default ((", ""]) {
    const path = await write(`bad${text.length}.mjs`, text);
    await expect(loadTransform(path)).rejects.toMatchObject({ code: "RULE_TRANSFORM_INVALID" });
  }
  await expect(loadTransform(join(folder.path, "none.ts"))).rejects.toMatchObject({
    code: "RULE_TRANSFORM_INVALID",
  });
});
