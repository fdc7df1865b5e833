/** Makes the benchmark's table; every data set has a table of its own. */
export function createOrdersTable(table: string): string {
  return `CREATE TABLE ${table} (
    id bigint NOT NULL PRIMARY KEY,
    user_id bigint NOT NULL,
    sku varchar(64) NOT NULL,
    qty int NOT NULL,
    price decimal(10,2) NOT NULL,
    status enum('new','paid','packed','shipped','returned') NOT NULL,
    note varchar(255),
    created_at datetime NOT NULL,
    updated_at timestamp(3) NOT NULL
  ) CHARACTER SET utf8mb4`;
}

/** Columns of the table in their order. */
export const ORDERS_COLUMNS = "id, user_id, sku, qty, price, status, note, created_at, updated_at";

const STATUSES = ["new", "paid", "packed", "shipped", "returned"];
const WORDS = [
  ..."please leave at the back door call before delivery gift wrap fragile second floor ring twice no".split(
    " ",
  ),
  'the "blue" one',
  "für Jürgen",
];
const FIRST_ORDER = Date.UTC(2025, 0, 1);

/**
 * Rows `from` to `to` (exclusive) as the values of an INSERT statement. Deterministic: row n is the same in every data set. One note in
 * twenty is NULL, one in nine has a quote or an umlaut in it.
 */
export function orderValues(from: number, to: number): string {
  const rows: string[] = [];
  for (let id = from; id < to; id++) rows.push(orderRow(id));
  return rows.join(",");
}

function orderRow(id: number): string {
  const random = createRandom(id);
  const below = (limit: number): number => Math.floor(random() * limit);
  const sku = `${letters(below(676))}-${1000 + below(9000)}-${["S", "M", "L", "XL"][below(4)]!}`;
  const price = `${below(500)}.${String(below(100)).padStart(2, "0")}`;
  const words = Array.from({ length: 1 + below(6) }, () => WORDS[below(WORDS.length)]!);
  const note = below(20) === 0 ? "NULL" : `'${words.join(" ")}'`;
  const createdMs = FIRST_ORDER + id * 40_000;
  const updatedMs = createdMs + below(86_400_000 * 5);
  const created = new Date(createdMs).toISOString().slice(0, 19).replace("T", " ");
  const updated = new Date(updatedMs).toISOString().slice(0, 23).replace("T", " ");
  const values = [id, 1 + below(200_000), `'${sku}'`, 1 + below(9), price];
  return `(${values.join()},'${STATUSES[below(5)]!}',${note},'${created}','${updated}')`;
}

function letters(n: number): string {
  return String.fromCharCode(65 + Math.floor(n / 26), 65 + (n % 26));
}

/** Numbers in [0, 1) that depend on the seed alone (Mulberry32). */
export function createRandom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
