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
  const others = [A, A + B.replace('"b"', '"c"'), `${A}id = ["number"]\n${B}`];
  for (const rules of others) {
    expect(() => checkFingerprint(checkpoint, configWith(rules))).toThrow(
      expect.objectContaining({ code: "CONFIG_RULES_CHANGED" }),
    );
  }
});
