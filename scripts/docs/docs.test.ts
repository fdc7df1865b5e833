import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { ERROR_TABLE } from "../../src/core/error-codes.ts";
import { configurationPage, exampleConfig } from "./configuration.ts";
import { errorsPage } from "./errors.ts";

function parse(text: string) {
  return parseConfig(text, {
    syntax: "toml",
    file: "example.toml",
    folder: "/etc/tailrace",
    env: {
      MYSQL_PASSWORD: "p",
      ELASTICSEARCH_PASSWORD: "p",
      ELASTICSEARCH_API_KEY: "k",
      HOSTNAME: "h",
    },
  });
}

test("the full example loads", () => {
  expect(parse(exampleConfig())).toMatchObject({
    name: "shop",
    source: { host: "127.0.0.1" },
    rules: [{ table: "shop.orders", index: "orders" }],
  });
});

test("the full example loads with each commented key given", () => {
  const lines = exampleConfig().split("\n");
  const optional = lines.flatMap((line, i) => (/^#\w+ = /.test(line) ? [i] : []));
  expect(optional.length).toBeGreaterThan(15);
  const inOpenSection = optional.filter((i) => !isSectionCommented(lines, i));
  const problems = inOpenSection.map((i) =>
    problemOf(lines.with(i, (lines[i] ?? "").slice(1)).join("\n")),
  );
  // What excludes another key, needs one beside it or names a file is told; nothing else may be wrong.
  const expected = /stands beside|needs a|cannot be read/;
  expect(problems.filter((problem) => problem !== null && !expected.test(problem))).toEqual([]);
});

/** The example's part under this header, uncommented; of several the one whose type this is. */
function section(header: string, type?: string): string {
  const blocks = exampleConfig().split("\n\n");
  const block = blocks.find(
    (each) =>
      each.split("\n").some((line) => line.replace(/^#/, "") === header) &&
      (type === undefined || each.includes(`type = "${type}"`)),
  );
  if (block === undefined) throw new Error(`the example has no ${header}`);
  return `${block.replaceAll(/^#(?=\[|\w+ = )/gm, "")}\n`;
}

test.each([
  ["capture", section("[source]", "mysql"), section("[sink]", "kafka")],
  ["sync", section("[source]", "kafka"), section("[sink]", "elasticsearch")],
])("the example of a %s with every key given loads", (topology, source, sink) => {
  // Of the ways to say where a server is and who we are, one.
  const text = `${source}${sink}`.replaceAll(
    /^(?:host|port|user|username|password|bearer_token) = .*\n/gm,
    "",
  );
  // Of the ways to say what becomes of which rows, the long form.
  const rule = section("[[rules]]").replaceAll(/^(?:query|transform|on_delete) = .*\n/gm, "");
  const config = parse(`name = "shop"\n${text}${rule}`);
  expect(config.topology).toBe(topology);
});

test("the example of [kafka] with every key given loads", () => {
  const direct = exampleConfig().replaceAll(/^#.*\n/gm, "");
  expect(() => parse(direct + section("[kafka]"))).toThrow("a capture and a sync with Kafka");
});

function problemOf(text: string): string | null {
  try {
    parse(text);
    return null;
  } catch (error) {
    return String(error);
  }
}

function isSectionCommented(lines: readonly string[], at: number): boolean {
  const header = lines.slice(0, at).findLast((line) => /^#?\[/.test(line));
  return header?.startsWith("#") ?? false;
}

test("every key and every code has its line", () => {
  const page = configurationPage();
  for (const key of ["name", "server_id", "max_bytes", "on_truncate", "verify_host", "rename"]) {
    expect(page).toContain(`| \`${key}\` |`);
  }
  const errors = errorsPage();
  for (const code of Object.keys(ERROR_TABLE)) expect(errors).toContain(`\`${code}\``);
});
