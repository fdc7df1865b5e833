import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { formatPath, type KeyPath } from "./key-path.ts";
import { locateTomlKeys } from "./toml-places.ts";

const DOCUMENT = `# comment with [brackets] and "quotes"
a = 1 # [not.a.table]
"b c" = 'x = 1'
d.e."f.g" = """
[[no]]
""\\" = still text"""
h = '''
k = 1'''' # ends in a quote of its own

[[rules]]
table = "a"
fields = { include = ["x", # one
  "y"], rename = { p = "q" } }
[rules.more]
x = [[1, 2], [3, "]"], {y = 2026-11-23 10:00:00}]

[[rules]]
table = "b"
[[rules.inner]]
z = true
[[rules.inner]]
z = false
[t.u]
v = "\\u00e9"
w="last"`;

function leaves(value: unknown, path: KeyPath = []): KeyPath[] {
  if (typeof value !== "object" || value === null || value instanceof Date) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

test("every value that the parser finds has a place, and its text is there", () => {
  const places = locateTomlKeys(DOCUMENT);
  const tree: unknown = parse(DOCUMENT);
  expect(places.keys().toArray()).toEqual(expect.arrayContaining(leaves(tree).map(formatPath)));
  const textAt = (path: string): string | undefined => {
    const place = places.get(path);
    return place && DOCUMENT.slice(place.value).split("\n", 1)[0];
  };
  expect(textAt("a")).toBe("1 # [not.a.table]");
  expect(textAt('"b c"')).toBe("'x = 1'");
  expect(textAt('d.e."f.g"')).toBe('"""');
  expect(textAt("rules[0].fields.include[1]")).toBe('"y"], rename = { p = "q" } }');
  expect(textAt("rules[0].fields.rename.p")).toBe('"q" } }');
  expect(textAt("rules[0].more.x[1][1]")).toBe('"]"], {y = 2026-11-23 10:00:00}]');
  expect(textAt("rules[0].more.x[2].y")).toBe("2026-11-23 10:00:00}]");
  expect(textAt("rules[1].table")).toBe('"b"');
  expect(textAt("rules[1].inner[1].z")).toBe("false");
  expect(textAt("t.u.w")).toBe('"last"');
});

test("a table's place is its header", () => {
  const places = locateTomlKeys(DOCUMENT);
  const lineOf = (path: string): number =>
    DOCUMENT.slice(0, places.get(path)?.key ?? 0).split("\n").length;
  expect(lineOf("rules[0]")).toBe(10);
  expect(lineOf("rules[1]")).toBe(17);
  expect(lineOf("rules[1].inner[1]")).toBe(21);
  expect(lineOf("t")).toBe(23);
});
