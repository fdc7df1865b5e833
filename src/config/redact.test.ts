import { expect, test } from "vitest";
import { configFingerprint } from "./fingerprint.ts";
import { parseConfig } from "./load.ts";
import { redactConfig } from "./redact.ts";

function parse(sink: string, rules: string) {
  return parseConfig(
    `name = "x"
[source]
url = "mysql://u:hunter2@h"
tls = { cert = "-----BEGIN CERTIFICATE", key = "-----BEGIN hunter2" }
[sink]
hosts = ["http://h"]
${sink}
${rules}`,
    { syntax: "toml", file: "x.toml", folder: "/", env: {} },
  );
}

const A = `[[rules]]\ntable = "s.a"\nindex = "a"\n`;
const B = `[[rules]]\ntable = "s.b"\nindex = "b"\n`;

test.each([
  'username = "u"\npassword = "hunter2"',
  'api_key = "hunter2"',
  'bearer_token = "hunter2"',
])("no secret is left in a redacted configuration (%#)", (sink) => {
  const text = JSON.stringify(redactConfig(parse(sink, A)));
  expect(text).not.toContain("hunter2");
  expect(text).toContain('"***"');
});

function print(rules: string, sink = ""): string {
  return configFingerprint(parse(sink, rules));
}

test("the fingerprint follows what gives documents their place, and nothing else", () => {
  const base = print(A + B);
  expect(base).toMatch(/^[0-9a-f]{64}$/);
  expect(print(B + A)).toBe(base);
  expect(print(A.replace("s.a", "`s`.`a`") + B, "lanes = 7")).toBe(base);
  expect(print(`${A}decimals = "string"\n${B}`)).toBe(base);
  expect(print(A)).not.toBe(base);
  expect(print(`${A}id = ["x"]\n${B}`)).not.toBe(base);
  expect(print(`${A}upsert = true\n${B}`)).not.toBe(base);
  expect(print(A + B.replace('"b"', '"c"'))).not.toBe(base);
});
