import type { Random } from "../support/random.ts";
import { CATEGORIES, INTERESTS, ORDER_STATES } from "./shop-tables.ts";

/** A value as mysql2 takes it in `INSERT … VALUES ?`. */
export type Value = string | number | boolean | Buffer | null;

/** Columns of a table that are given when a row is inserted, in the order of the rows below. */
export const INSERTED_COLUMNS = {
  customers:
    "uuid, name, email, country, birthday, newsletter, permissions, interests, preferences, loyalty_points, created_at",
  products:
    "sku, ean, name, category, price, weight_kg, stock, is_active, released, order_by, attributes",
  orders: "customer_id, status, total, currency, exchange, note, shipping, placed_at",
  order_items: "order_id, line, product_id, quantity, unit_price, discount",
} as const;

const FIRST_NAMES = ["Ada", "José", "Zoë", "Łukasz", "Søren", "Aïcha", "明美", "Дмитрий", "नेहा"];
const LAST_NAMES = ["O'Brien", "García", "Müller", "Żak", "Ørsted", "Diallo", "田中", "Иванов"];
const COUNTRIES = ["DE", "FR", "JP", "PL", "DK", "SN", "IN", "US"];
const CITIES = ["København", "Łódź", "東京", "São Paulo", "Dakar", "Москва", "Montréal"];
const THINGS = ["teapot", "lamp", "train 🚂", "rose bush 🌹", "cookbook", "drum", "kettle", "茶碗"];
const KINDS = ["blue", "small", "grand", "“vintage”", "folding", "noiseless", "café", "日本製"];
const NOTES = [
  "leave it with the neighbour",
  "Geschenk 🎁 – bitte ohne Rechnung",
  "配達は午後にお願いします",
  'ring twice, "the bell is broken"',
  "third floor\nsecond door",
];

/** A new customer. */
export function customerRow(random: Random): Value[] {
  const [first, last] = [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
  const uuid = random.bytes(16);
  const preferences = {
    language: random.pick(["de", "en", "ja"]),
    newsletter: { weekly: random.chance(0.5), topics: [random.pick(INTERESTS)] },
    limit: random.chance(0.2) ? null : random.integer(1, 9) / 4,
  };
  return [
    uuid,
    `${first} ${last}`,
    `${uuid.toString("hex", 0, 5)}@example.com`,
    random.pick(COUNTRIES),
    random.chance(0.9)
      ? `19${random.integer(40, 99)}-${twoDigits(random, 12)}-${twoDigits(random, 28)}`
      : null,
    random.chance(0.4),
    random.bytes(1),
    INTERESTS.filter(() => random.chance(0.3)).join(","),
    random.chance(0.9) ? JSON.stringify(preferences) : null,
    random.integer(0, 5000),
    momentText(random),
  ];
}

/** A product; `number` makes its SKU unique. */
export function productRow(random: Random, number: number): Value[] {
  return [
    `SKU${String(number).padStart(7, "0")}`,
    `40${String(random.integer(0, 99_999_999_999)).padStart(11, "0")}`,
    `${random.pick(KINDS)} ${random.pick(THINGS)}`,
    random.pick(CATEGORIES),
    priceText(random),
    random.integer(1, 40_000) / 1000,
    random.integer(0, 500),
    random.chance(0.95),
    random.integer(1990, 2026),
    random.chance(0.8) ? `${random.integer(8, 20)}:30:00` : null,
    JSON.stringify({
      colours: [random.pick(KINDS), random.pick(KINDS)],
      size: { width: random.integer(1, 300), height: random.integer(1, 300) / 10 },
      batch: "serial",
    }).replace('"serial"', String(9_007_199_254_740_993n + BigInt(random.integer(0, 1_000_000)))),
  ];
}

/** An order of one of so many customers. */
export function orderRow(random: Random, customers: number): Value[] {
  return [
    random.integer(1, customers),
    random.pick(ORDER_STATES),
    priceText(random),
    random.pick(["EUR", "USD", "JPY"]),
    `1.${random.integer(100_000, 999_999)}${random.integer(100_000, 999_999)}`,
    random.chance(0.3) ? random.pick(NOTES) : null,
    JSON.stringify({ city: random.pick(CITIES), express: random.chance(0.2), parcels: [1, 2] }),
    momentText(random),
  ];
}

/** A line of an order, of one of so many products. */
export function itemRow(
  random: Random,
  place: { readonly order: number; readonly line: number },
  products: number,
): Value[] {
  return [
    place.order,
    place.line,
    random.integer(1, products),
    random.integer(1, 9),
    priceText(random),
    random.pick([0, 0, 0.05, 0.1, 1 / 3]),
  ];
}

/** An amount with two decimals. */
export function priceText(random: Random): string {
  return `${random.integer(0, 400)}.${String(random.integer(0, 99)).padStart(2, "0")}`;
}

/** A moment of this year up to now, with microseconds, as MySQL takes it. */
function momentText(random: Random): string {
  const moment = new Date(Date.now() - random.integer(0, 300 * 86_400_000));
  const text = moment.toISOString().replace("T", " ").slice(0, 19);
  return `${text}.${String(random.integer(0, 999_999)).padStart(6, "0")}`;
}

function twoDigits(random: Random, most: number): string {
  return String(random.integer(1, most)).padStart(2, "0");
}
