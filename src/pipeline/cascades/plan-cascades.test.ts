import { expect, test } from "vitest";
import type { RuleConfig } from "../../config/config.ts";
import type { ColumnType, TableSchema } from "../../core/schema.ts";
import type { ForeignKey } from "../../mysql/foreign-keys.ts";
import { parseRule } from "../../query/rule.ts";
import type { LoadedRule } from "../rule-set.ts";
import { type CascadePlan, planCascades } from "./plan-cascades.ts";

const INT: ColumnType = { kind: "integer", bytes: 8, unsigned: false };
const text = (collation: string): ColumnType => ({
  kind: "text",
  charset: "utf8mb4",
  collation,
  maxBytes: 80,
  large: false,
});

function table(name: string, columns: Readonly<Record<string, ColumnType>>): TableSchema {
  return {
    database: "shop",
    table: name,
    columns: Object.entries(columns).map(([column, type]) => ({
      name: column,
      type,
      nullable: column !== "id",
    })),
    primaryKey: [0],
  };
}

function key(child: string, column: string, parent: string): ForeignKey {
  return {
    name: `${child}_${column}`,
    child: { database: "shop", table: child },
    columns: [column],
    parent: { database: "shop", table: parent },
    parentColumns: ["id"],
    onDelete: "cascade",
    onUpdate: "refuse",
  };
}

function rule(name: string, more: Partial<RuleConfig> = {}): LoadedRule {
  const config: RuleConfig = {
    name,
    table: `shop.${name}`,
    index: name,
    decimals: "auto",
    upsert: false,
    onDelete: "delete",
    createIndex: true,
    dynamic: "strict",
    onTruncate: "keep",
    cascade: "synthesize",
    ...more,
  };
  return { config, rule: parseRule(config), table: config.table, transform: null };
}

const ORDERS = table("orders", { id: INT, customer_id: INT, code: text("utf8mb4_bin") });
const ITEMS = table("items", { id: INT, order_id: INT });

function plan(
  keys: readonly ForeignKey[],
  rules: readonly LoadedRule[],
  tables: readonly TableSchema[] = [ORDERS, ITEMS],
): CascadePlan {
  const rulesOf = (_: string, name: string): readonly LoadedRule[] =>
    rules.filter((each) => each.table === `shop.${name}` || each.table === "shop.*");
  return planCascades({ keys, rulesOf, tables });
}

test("a foreign key is followed by the fields that hold its columns", () => {
  const renamed = { rename: { customer_id: "customer", code: "sku" } };
  const keys = [key("orders", "customer_id", "customers"), key("orders", "code", "codes")];
  const { links, ignored } = plan(keys, [rule("orders", renamed)]);
  expect(ignored).toEqual([]);
  expect(links).toMatchObject([
    { rule: "orders", index: "orders", columns: [1], paths: ["customer"] },
    { columns: [2], paths: ["sku.keyword"] },
  ]);
  expect(links[0]!.fields.map(({ name }) => name).toSorted()).toEqual(["customer", "id"]);
});

test("foreign keys without a rule that asks are told with what to do", () => {
  const keys = [key("items", "order_id", "orders"), key("orders", "customer_id", "customers")];
  const { links, ignored } = plan(keys, [rule("items")]);
  expect(links).toHaveLength(1);
  expect(ignored).toMatchObject([
    { key: { name: "orders_customer_id" }, remedy: expect.stringContaining("shop.orders") },
  ]);
  const asked = plan([keys[0]!], [rule("items", { cascade: "ignore" })]);
  expect(asked.ignored[0]!.remedy).toContain('set cascade = "synthesize" on its rule');
});

test.each<[string, Partial<RuleConfig>, ColumnType?]>([
  ["the documents do not hold the column customer_id", { exclude: ["customer_id"] }],
  ["the documents do not hold the column id", { exclude: ["id"] }],
  ["a script or an ingest pipeline", { pipeline: "enrich" }],
  ["the rule takes several tables", { table: "shop.*" }],
  ["cannot be searched for exactly", {}, text("utf8mb4_0900_ai_ci")],
  [
    "cannot be searched for exactly",
    { mapping: { customer_id: { type: "text" } } },
    text("utf8mb4_bin"),
  ],
  ["does not come back", {}, { kind: "double" }],
])("refused: %s", (why, more, type = INT) => {
  const orders = table("orders", { id: INT, customer_id: type });
  const refused = (): unknown =>
    plan([key("orders", "customer_id", "customers")], [rule("orders", more)], [orders, ITEMS]);
  expect(refused).toThrow(expect.objectContaining({ code: "RULE_CASCADE_UNUSABLE" }));
  expect(refused).toThrow(why);
});

test("what other foreign keys refer to must be a field, too", () => {
  const keys = [
    key("orders", "customer_id", "customers"),
    { ...key("items", "order_id", "orders"), parentColumns: ["code"] },
  ];
  const rules = [rule("orders", { exclude: ["code"] }), rule("items")];
  expect(() => plan(keys, rules)).toThrow("the documents do not hold the column code");
});
