import { expect, test } from "vitest";
import { formatPath } from "./key-path.ts";
import type { ConfigProblem } from "./problems.ts";
import { resolveReferences } from "./references.ts";

function resolveTree(tree: unknown): {
  readonly tree: unknown;
  readonly problems: readonly string[];
} {
  const problems: ConfigProblem[] = [];
  const resolved = resolveReferences(
    tree,
    {
      env: { A: "alpha", EMPTY: "", ODD: "p@s:s/w%ö?" },
      folder: "/etc/tailrace",
      readText: (path) => {
        if (path === "/etc/tailrace/secret") return "from file\r\n";
        if (path === "/run/secret") return "two\nlines\n\n";
        throw Object.assign(new Error("no"), { code: "ENOENT" });
      },
    },
    problems,
  );
  return { tree: resolved, problems: problems.map((p) => `${formatPath(p.path)}: ${p.message}`) };
}

test("references are replaced in every string, however deep, and nothing else is", () => {
  const date = new Date(0);
  expect(
    resolveTree({
      a: ["x${env:A}y${env:A}", { b: "${file:secret}" }],
      n: 1,
      d: date,
      e: "${env:EMPTY}",
    }),
  ).toEqual({
    tree: { a: ["xalphayalpha", { b: "from file" }], n: 1, d: date, e: "" },
    problems: [],
  });
});

test("only the last line end of a file is left out, and absolute paths are taken as they are", () => {
  expect(resolveTree("${file:/run/secret}").tree).toBe("two\nlines\n");
});

test("in a URL's user and password a value is percent-encoded, elsewhere it is not", () => {
  expect(resolveTree("mysql://${env:ODD}:${env:ODD}@${env:A}:3306").tree).toBe(
    "mysql://p%40s%3As%2Fw%25%C3%B6%3F:p%40s%3As%2Fw%25%C3%B6%3F@alpha:3306",
  );
  expect(resolveTree("mysql://u:${file:/run/secret}@h").tree).toBe("mysql://u:two%0Alines%0A@h");
  expect(resolveTree("http://${env:ODD}/x@y").tree).toBe("http://p@s:s/w%ö?/x@y");
  expect(resolveTree("${env:ODD}").tree).toBe("p@s:s/w%ö?");
});

test("$${ stands for ${ itself", () => {
  expect(resolveTree("$${env:A} ${env:A} $5")).toEqual({ tree: "${env:A} alpha $5", problems: [] });
});

test("what has no value is reported with its place", () => {
  expect(
    resolveTree({ a: ["${env:NONE}", "${file:none}"], b: "${A}", c: "${vault:x}" }).problems,
  ).toEqual([
    "a[0]: the environment variable NONE is not set",
    "a[1]: the file /etc/tailrace/none cannot be read (ENOENT)",
    "b: ${A} is no reference: write ${env:A} or ${file:PATH}",
    "c: ${vault:x} is no reference: write ${env:NAME} or ${file:PATH}",
  ]);
});
