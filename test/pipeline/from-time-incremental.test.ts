import { expect, test } from "vitest";
import { measureIncremental } from "../../bench/support/incremental.ts";
import { openTestTarget } from "../support/elasticsearch.ts";
import { openTestTopics } from "../support/kafka-topics.ts";
import { openTestDatabase } from "../support/mysql.ts";

test("a load and what came behind a time give what the whole history gives, and read nothing else of it", async () => {
  await using db = await openTestDatabase();
  await using target = await openTestTarget();
  await using topics = openTestTopics();
  const topic = `${topics.prefix}orders`;
  const size = { rows: 10_000, backlog: 50_000, tail: 300 };
  const ways = await measureIncremental(
    {
      mysqlUrl: db.url.href,
      elasticsearchUrl: target.url.origin,
      kafka: { brokers: topics.broker, topic },
      database: db.name,
      table: "orders",
      prefix: target.prefix,
      query: (sql) => db.query(sql),
      report: () => undefined,
    },
    size,
  );
  await Promise.all([topics.remove(topic), topics.remove(`${topic}-state`)]);
  const whole = { loaded: 0, read: 60_300, isEqual: true };
  const behind = { loaded: 10_000, read: 300, isEqual: true };
  expect(ways).toMatchObject([
    { name: "replay", ...whole },
    { name: "load", ...behind },
    { name: "sync-replay", ...whole },
    { name: "sync-load", ...behind },
  ]);
});
