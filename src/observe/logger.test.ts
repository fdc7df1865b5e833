import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { TailraceError } from "../core/errors.ts";
import { summariseError } from "./describe-error.ts";
import { createLogger } from "./logger.ts";

function logInto(lines: string[], format: "json" | "pretty") {
  return createLogger({
    level: "info",
    format,
    fields: { pipeline: "shop" },
    write: (line) => void lines.push(line),
  });
}

const LOST = new TailraceError("SOURCE_UNREACHABLE", "db:3306 gave no answer", {
  cause: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }),
});

test("a JSON line has time, level, message and fields", () => {
  const lines: string[] = [];
  const logger = logInto(lines, "json");
  logger.debug({}, "left out");
  logger.info({ rows: 3 }, "started");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    level: "info",
    pipeline: "shop",
    rows: 3,
    msg: "started",
  });
});

test("an error of ours is written with code, remedy and causes, without stacks", () => {
  const lines: string[] = [];
  logInto(lines, "json").error({ error: LOST }, "source lost");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    error: {
      code: "SOURCE_UNREACHABLE",
      message: "db:3306 gave no answer",
      remedy: LOST.remedy,
      cause: { code: "ECONNREFUSED", message: "connect ECONNREFUSED" },
    },
  });
  expect(lines[0]).not.toContain("stack");
});

test("a broken invariant keeps its stack, and a ring of causes ends", () => {
  const ring = new Error("ring");
  ring.cause = ring;
  const lines: string[] = [];
  const error = new TailraceError("INVARIANT_BROKEN", "bad", { cause: ring });
  logInto(lines, "json").error({ error }, "bug");
  expect(lines[0]).toContain('"stack":"Error: ring');
});

test("secrets are hidden wherever they stand", () => {
  for (const format of ["json", "pretty"] as const) {
    const lines: string[] = [];
    logInto(lines, format).info(
      { url: "mysql://u:hunter2@h/", password: "hunter2", sink: { apiKey: "hunter2" } },
      "using http://e:hunter2@es:9200",
    );
    expect(lines[0]).not.toContain("hunter2");
    expect(lines[0]).toContain("mysql://u:***@h/");
  }
});

test("the readable format is one line", () => {
  const lines: string[] = [];
  const logger = logInto(lines, "pretty");
  logger.info({ rows: 3, note: "two words" }, "started");
  logger.error({ error: LOST }, "source lost");
  const [first, second] = lines.map((line) => stripVTControlCharacters(line));
  expect(first).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} INFO {2}started pipeline=shop rows=3 note="two words"\n$/,
  );
  expect(second).toMatch(
    / ERROR source lost pipeline=shop SOURCE_UNREACHABLE: db:3306 gave no answer: connect ECONNREFUSED → Check host.*\n$/,
  );
});

test("the readable format tells a cause once that the error above it quotes", () => {
  const lines: string[] = [];
  const cause = new Error("connect ECONNREFUSED 127.0.0.1:1");
  const error = new TailraceError("SOURCE_UNREACHABLE", `connect to db: ${cause.message}`, {
    cause,
  });
  logInto(lines, "pretty").warn({ error }, "trying again");
  expect(lines[0]?.match(/ECONNREFUSED/g)).toHaveLength(1);
});

test("an error is summarised with its causes", () => {
  expect(summariseError(LOST)).toBe(
    "SOURCE_UNREACHABLE: db:3306 gave no answer (connect ECONNREFUSED)",
  );
  expect(summariseError("text")).toBe("text");
});
