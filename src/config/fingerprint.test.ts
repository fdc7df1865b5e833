import { expect, test } from "vitest";
import { checkFingerprint, configFingerprint } from "./fingerprint.ts";
import { parseConfig } from "./load.ts";

function configWith(rules: string) {
  const text = `name = "x"\n[source]\nurl = "mysql://u@h"\n[sink]\nhosts = ["http://h"]\n${rules}`;
  return parseConfig(text, { syntax: "toml", file: "x.toml", folder: "/", env: {} });
}

const A = '[[rules]]\ntable = "s.a"\nindex = "a"\n';
const B = '[[rules]]\ntable = "s.b"\nindex = "b"\n';

test("a checkpoint stays good while documents keep their places", () => {
  const fingerprint = configFingerprint(configWith(A + B));
  const checkpoint = { fingerprint, file: "binlog.000001", position: 157 };
  const same = configWith(`${B}fields.exclude = ["note"]\n${A}`);
  expect(() => checkFingerprint(checkpoint, same)).not.toThrow();
  const others = [
    A,
    A + B.replace('"b"', '"c"'),
    `${A}id = ["number"]\n${B}`,
    `${A}routing = "{tenant}"\n${B}`,
  ];
  for (const rules of others) {
    expect(() => checkFingerprint(checkpoint, configWith(rules))).toThrow(
      expect.objectContaining({ code: "CONFIG_RULES_CHANGED" }),
    );
  }
});

test("a fingerprint of before rules were queries is still that of the same rules", () => {
  expect(configFingerprint(configWith(`${A}${B}upsert = true\nid = ["x"]\n`))).toBe(
    "913088de5c85cb9f942cf07a9d38fccbefa041a66907e4428d851f255f2fcabf",
  );
  const query = A.replace('table = "s.a"', 'query = "select * from s.a"');
  expect(configFingerprint(configWith(query))).toBe(configFingerprint(configWith(A)));
});
