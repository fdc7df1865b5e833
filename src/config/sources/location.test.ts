import { expect, test } from "vitest";
import { TailraceError } from "../../core/errors.ts";
import { parseLocation, readParameters, splitHost, type CentreLocation } from "./location.ts";

function centre(location: string): CentreLocation {
  const parsed = parseLocation(location);
  if (parsed.kind === "path" || parsed.kind === "env") throw new Error("no centre");
  return parsed;
}

test("files, folders and variables are no centres", () => {
  expect(parseLocation("tailrace.toml")).toEqual({ kind: "path", path: "tailrace.toml" });
  expect(parseLocation("/etc/tailrace")).toEqual({ kind: "path", path: "/etc/tailrace" });
  expect(parseLocation("env:SHOP")).toEqual({ kind: "env", variable: "SHOP" });
});

test("a centre's location is taken apart, and its name holds no secret", () => {
  expect(centre("consul://:s3cr%2Fet@c1:8500/tailrace/shop?dc=one")).toEqual({
    kind: "consul",
    hosts: ["c1:8500"],
    path: "tailrace/shop",
    query: "dc=one",
    user: "",
    password: "s3cr/et",
    name: "consul://c1:8500/tailrace/shop",
  });
  expect(centre("zookeeper://u:p@h1:2181,[::1]:2182/a/b")).toMatchObject({
    hosts: ["h1:2181", "[::1]:2182"],
    user: "u",
    password: "p",
    name: "zookeeper://h1:2181,[::1]:2182/a/b",
  });
  expect(centre("https://t0ken@host/a%20b?sig=t0ken").name).toBe("https://host/a b");
});

test("a password may hold an unescaped at sign", () => {
  expect(centre("etcd://root:p@ss@e:2379/k")).toMatchObject({
    password: "p@ss",
    hosts: ["e:2379"],
  });
});

test.each([
  ["mongodb://u:hunter2@h/k", /^a configuration cannot be at mongodb:\/\/…/],
  ["consul:///key", /^consul:\/\/… has no host$/],
])("%s is refused without its secrets", (location, message) => {
  expect(() => parseLocation(location)).toThrow(TailraceError);
  expect(() => parseLocation(location)).toThrow(message);
});

test("unknown parameters are named", () => {
  const location = centre("consul://h/k?token=hunter2");
  expect(() => readParameters(location, ["dc"])).toThrow(
    'consul://h/k has the unknown parameter "token"; known: dc',
  );
});

test("hosts have a default port", () => {
  expect(splitHost("h", 1)).toEqual({ host: "h", port: 1 });
  expect(splitHost("[::1]:7", 1)).toEqual({ host: "[::1]", port: 7 });
});
