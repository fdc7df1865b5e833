import { expect, test } from "vitest";
import { openTestDatabase } from "../support/mysql.ts";
import { recordChanges } from "../support/recorded-changes.ts";

const QUERY = `
  select id, split(tags, ',') as tags, array(id, price) as numbers, object('name', name, 'paid', bool(paid)) as customer,
         geo_point(lat, lon) as place, bool(paid) as paid, mask(card, 0, 4) as card, sha256(name) as hash,
         at_zone(created, 'Europe/Berlin') as created, to_utc(created, 'Europe/Berlin') as created_utc,
         iso_date(seen) as seen, epoch_ms(seen) as seen_ms, to_datetime(since) as since, json(extra) as extra
  from DATABASE.customers`;

test("helpers make lists, objects, points and dates of rows in the binary log", async () => {
  await using db = await openTestDatabase();
  const { actions } = await recordChanges({
    url: db.url.href,
    database: db.name,
    rule: { query: QUERY.replace("DATABASE", db.name), decimals: "number" },
    work: async () => {
      await db.query(`create table customers (id int primary key, tags varchar(40), price decimal(8,2), name varchar(20), lat double, lon decimal(9,6),
        paid tinyint, card char(16), created datetime, seen timestamp(3) null, since int unsigned, extra text)`);
      await db.query(`set time_zone = '+00:00';
        insert into customers values
        (1, 'a, b,c', 1.50, 'Zoë', 52.5, 13.4, 2, '4111111111111234', '2026-07-01 10:20:30', '2026-07-01 10:20:30.125', 1700000000, '{"b": [1, 2.0]}'),
        (2, '', null, null, null, 13.4, 0, null, null, null, null, null)`);
    },
  });
  const documents = actions.map((action) => action.kind === "index" && action.document);
  const hash = "c6a12698582fc1104ea24107a2d7268145ff06ef859707729d01fd060897f067";
  expect(documents[0]).toBe(
    `{"id":1,"tags":["a"," b","c"],"numbers":[1,1.50],"customer":{"name":"Zoë","paid":true},"place":{"lat":52.5,"lon":13.4},"paid":true,"card":"************1234",` +
      `"hash":"${hash}","created":"2026-07-01T10:20:30+02:00","created_utc":"2026-07-01T08:20:30Z","seen":"2026-07-01T10:20:30.125Z","seen_ms":1782901230125,` +
      `"since":"2023-11-14T22:13:20Z","extra":{"b":[1,2.0]}}`,
  );
  expect(documents[1]).toBe(
    `{"id":2,"tags":[],"numbers":[2,null],"customer":{"name":null,"paid":false},"place":null,"paid":false,"card":null,"hash":null,"created":null,"created_utc":null,` +
      `"seen":null,"seen_ms":null,"since":null,"extra":null}`,
  );
});
