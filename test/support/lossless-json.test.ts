import { expect, test } from "vitest";
import { parseLossless } from "./lossless-json.ts";

test("keeps every digit of integers and decimals", () => {
  const text =
    '{"a":1,"b":18446744073709551615,"c":-9007199254740993,"d":1.10,"e":0.12345678901234567890,"f":1e3,"g":"9223372036854775807"}';
  expect(parseLossless(text)).toEqual({
    a: 1,
    b: 18446744073709551615n,
    c: -9007199254740993n,
    d: 1.1,
    e: "0.12345678901234567890",
    f: 1000,
    g: "9223372036854775807",
  });
});
