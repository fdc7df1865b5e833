import { expect, test } from "vitest";
import type { ActionWriter, Target } from "../../core/action-writer.ts";
import { TailraceError } from "../../core/errors.ts";
import { DroppingWriter, NotingWriter } from "./noting-writer.ts";
import { documentKey, MAX_NOTED, Windows } from "./windows.ts";

const ORDERS = { database: "shop", table: "orders", rules: ["orders"] };

/** Remembers what it was asked for. */
function createWriter() {
  const done: string[] = [];
  let target = "";
  const writer: ActionWriter = {
    id: Buffer.alloc(64),
    routing: Buffer.alloc(64),
    routingLength: 0,
    begin: (given) => {
      target = given?.index ?? "";
      writer.routingLength = 0;
    },
    aim: (given) => {
      target = given.index;
    },
    index: (idLength) => {
      done.push(`index ${target}/${writer.id.toString("utf8", 0, idLength)}`);
      return { bytes: Buffer.alloc(64), length: 0 };
    },
    amend: () => ({ bytes: Buffer.alloc(64), length: 0 }),
    finish: () => done.push("finish"),
    delete: (idLength) => {
      done.push(`delete ${target}/${writer.id.toString("utf8", 0, idLength)}`);
      return true;
    },
  };
  return { writer, done };
}

const target = (index: string): Target => ({ index, write: "whole" });

function put(writer: ActionWriter, id: string): void {
  const slot = writer.index(writer.id.write(id), 10)!;
  slot.bytes.write("{}", slot.length);
  writer.finish(slot, slot.length + 2);
}

test("documents that the stream writes and deletes are noted in every window over their table and rule", () => {
  const windows = new Windows();
  const [one, two] = [windows.open(ORDERS), windows.open(ORDERS)];
  const other = windows.open({ ...ORDERS, table: "users" });
  const { writer, done } = createWriter();
  const noting = new NotingWriter(writer);
  noting.noteFor(windows.over("shop", "orders", "orders")!, "orders");
  noting.begin(target("orders"), 0, 1);
  put(noting, "7");
  noting.delete(noting.id.write("8"));
  expect(done).toEqual(["index orders/7", "finish", "delete orders/8"]);
  expect(one.noted("orders").size).toBe(2);
  expect([...two.noted("orders")]).toEqual([...one.noted("orders")]);
  expect(other.noted("orders").size).toBe(0);
});

test("what the stream has written is left out of a chunk; the same id elsewhere is not", () => {
  const windows = new Windows();
  const window = windows.open(ORDERS);
  const { writer, done } = createWriter();
  const noting = new NotingWriter(writer).noteFor([window], "orders");
  noting.begin(null, 0, 1);
  noting.aim(target("orders-1"));
  put(noting, "7");
  noting.routingLength = noting.routing.write("r");
  put(noting, "8");
  done.length = 0;
  const dropping = new DroppingWriter(writer).without(window.noted("orders"));
  dropping.begin(target("orders-1"), 0, 1);
  put(dropping, "7");
  expect(dropping.delete(dropping.id.write("7"))).toBe(true);
  // not routed: another document
  put(dropping, "8");
  dropping.aim(target("orders-2"));
  put(dropping, "7");
  expect(done).toEqual(["index orders-1/8", "finish", "index orders-2/7", "finish"]);
});

test("while no window is open nothing has to be noted", () => {
  const windows = new Windows();
  expect(windows.isAnyOpen).toBe(false);
  const window = windows.open({ ...ORDERS, rules: ["orders", "audit"] });
  expect(windows.isAnyOpen).toBe(true);
  expect(windows.over("shop", "orders", "audit")).toEqual([window]);
  windows.close(window);
  windows.close(window);
  expect(windows.isAnyOpen).toBe(false);
  expect(windows.over("shop", "orders", "audit")).toBeUndefined();
});

test("a window that would note too much is lost, and closed", () => {
  const windows = new Windows();
  const window = windows.open(ORDERS);
  for (let i = 0; i <= MAX_NOTED; i++) window.note("orders", String(i));
  expect(window.lost?.code).toBe("SNAPSHOT_OVERTAKEN");
  expect(window.noted("orders").size).toBe(0);
  expect(windows.isAnyOpen).toBe(false);
});

test("windows are lost by table, and whoever waits for one is told once", () => {
  const windows = new Windows();
  const [orders, users] = [windows.open(ORDERS), windows.open({ ...ORDERS, table: "users" })];
  const told: string[] = [];
  orders.onLost((why) => told.push(why.message));
  const why = new TailraceError("SNAPSHOT_OVERTAKEN", "truncated");
  windows.lose(why, ({ table }) => table === "orders");
  windows.lose(why, () => true);
  orders.onLost(() => told.push("late"));
  expect(told).toEqual(["truncated", "late"]);
  expect([orders.lost, users.lost]).toEqual([why, why]);
});

test("ids, routings and indices that look alike when joined are different documents", () => {
  const of = (index: string, id: string, routing: string): string =>
    documentKey(
      index,
      { bytes: Buffer.from(id), length: id.length },
      { bytes: Buffer.from(routing), length: routing.length },
    );
  expect(
    new Set([of("a", "b", ""), of("b", "a", ""), of("a", "b", "c"), of("a", "bc", "")]).size,
  ).toBe(4);
});
