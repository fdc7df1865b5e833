import { z } from "zod";
import { DEFAULT_NAMES } from "./default-names.ts";
import { mysqlServer } from "./schema-mysql-server.ts";
import { kafkaConnectionKeys } from "./schema-kafka-connection.ts";
import { durationKey, sizeKey, textKey, timeKey, topicKey } from "./schema-values.ts";

const START_FORMS =
  'must be "earliest", "latest", { timestamp = 2026-11-23T10:00:00Z } or { offsets = { orders = { "0" = 42 } } }';

const offset = () => z.int().min(0, { error: "must be an offset: 0 or more" });

const start = z
  .union(
    [
      z.enum(["earliest", "latest"]),
      z.strictObject({ timestamp: timeKey() }),
      z.strictObject({
        offsets: z.record(
          topicKey(),
          z.record(
            z.string().regex(/^\d{1,9}$/, { error: "must be a partition's number" }),
            offset(),
          ),
        ),
      }),
    ],
    { error: START_FORMS },
  )
  .meta({ title: "start offsets" });

/** What decides how a member of a consumer group reads. */
const readKeys = {
  group: textKey()
    .optional()
    .meta({
      description:
        "The consumer group, which all instances have in common. Absent: the pipeline's name.",
      examples: ["shop"],
    }),
  group_protocol: z.enum(["auto", "classic", "consumer"]).prefault("auto").meta({
    description:
      "How the group shares its partitions: `consumer` (the newer protocol, Kafka 4.0 and later), `classic`, or the newer one that the brokers have.",
  }),
  instance_id: textKey()
    .optional()
    .meta({
      description:
        "Static membership: an instance that comes back under this name within the session's time keeps its partitions. Must differ between instances.",
      examples: ["${env:HOSTNAME}"],
    }),
  session_timeout: durationKey({ minMs: 1_000, maxMs: 1_800_000 }).prefault("15s").meta({
    description:
      "After how long without a sign an instance counts as dead and the others take its partitions. With `consumer` the brokers decide (`group.consumer.session.timeout.ms`).",
  }),
  revoke_timeout: durationKey({ minMs: 0, maxMs: 600_000 }).prefault("10s").meta({
    description:
      "How long partitions that go to another instance may take to finish what is in flight; what is not finished then is abandoned and read again there.",
  }),
  max_fetch_bytes: sizeKey({ minBytes: 64 * 1024, maxBytes: 1024 ** 3 })
    .prefault("16MiB")
    .meta({ description: "Bytes of records fetched ahead of what the sink has taken, at most." }),
} as const;

/** What decides how records are written. */
const writeKeys = {
  topic: textKey()
    .prefault("{database}.{table}")
    .meta({
      title: "topic template",
      description:
        "The topic of a row: a name, in which `{database}` and `{table}` stand for its table's. Without them all tables share one topic. Characters that no topic may have become `_`.",
      examples: ["shop"],
    }),
  format: z.enum(["canal", "debezium", "maxwell"]).prefault("canal").meta({
    description: "What a record looks like: Canal's flat JSON, Debezium's or Maxwell's JSON.",
  }),
  partitioner: z.enum(["murmur2", "canal"]).prefault("murmur2").meta({
    description:
      "How a row's key chooses its partition: Kafka's own `murmur2` of the key as text, which any Kafka client can compute, or what Canal computes with `$pk$`, bit for bit.",
  }),
  partition_by: z
    .record(z.string(), z.array(textKey()).min(1, { error: "must name at least one column" }))
    .prefault({})
    .meta({
      title: "table of columns",
      description:
        "Columns that choose the partition where it is not the primary key, by `database.table` or pattern.",
      examples: [{ "shop.order_items": ["order_id"] }],
    }),
  delivery: z.enum(["exactly_once", "at_least_once"]).prefault("exactly_once").meta({
    description:
      "`exactly_once`: records and checkpoint in one Kafka transaction. `at_least_once`: the checkpoint follows the records, so a crash repeats some.",
  }),
  create_topics: z
    .union(
      [
        z.literal(false),
        z.strictObject({
          partitions: z.int().min(1).max(10_000).prefault(12),
          replication: z.int().min(1).max(100).optional(),
        }),
      ],
      { error: "must be false or a table: { partitions = 12, replication = 3 }" },
    )
    .prefault({ partitions: 12 })
    .meta({
      title: "table or false",
      description:
        "How topics that are missing are created: `partitions`, and `replication` (absent: as the brokers are set). `false`: they must exist.",
    }),
  compression: z.enum(["none", "gzip", "snappy", "lz4", "zstd"]).prefault("lz4").meta({
    description: "How batches of records are compressed.",
  }),
  enum_labels: z.boolean().prefault(false).meta({
    description:
      "Canal's format: ENUM and SET as their labels instead of the numbers that Canal writes.",
  }),
  max_buffer: sizeKey({ minBytes: 1024 ** 2, maxBytes: 1024 ** 3 })
    .prefault("32MiB")
    .meta({ description: "Bytes of records that wait to be sent, at most." }),
} as const;

/** `[source]` with `type = "kafka"`. */
export const kafkaSource = z.strictObject({
  type: z.literal("kafka").meta({ description: "Kafka 3.5 or later." }),
  ...kafkaConnectionKeys,
  topics: z
    .array(topicKey({ isPattern: true }))
    .min(1, { error: "must name at least one topic" })
    .meta({
      description: "The topics that are read; `*` stands for any characters.",
      examples: [["shop.*"]],
    }),
  group: readKeys.group,
  format: z.enum(["auto", "canal", "debezium", "maxwell"]).prefault("auto").meta({
    description: "What the records look like; `auto` recognises each.",
  }),
  start: start.optional().meta({
    description:
      'Where to begin in partitions of which the group has committed no offset: `"earliest"`, `"latest"`, `{ timestamp = 2026-11-23T10:00:00Z }` or `{ offsets = { orders = { "0" = 42 } } }`. Absent: that is an error.',
    examples: ["earliest"],
  }),
  group_protocol: readKeys.group_protocol,
  instance_id: readKeys.instance_id,
  session_timeout: readKeys.session_timeout,
  revoke_timeout: readKeys.revoke_timeout,
  max_fetch_bytes: readKeys.max_fetch_bytes,
  mysql: mysqlServer.optional().meta({
    description:
      "The MySQL server that the records come from, asked for what they do not hold: the types of columns, and rows that were too large. `mysql://user:password@host:port`, or a table with the keys `url`, `host`, `port`, `user`, `password`, `connect_timeout` and `tls` of a MySQL source.",
    examples: ["mysql://sync:${env:MYSQL_PASSWORD}@127.0.0.1:3306"],
  }),
});

/** `[sink]` with `type = "kafka"`. */
export const kafkaSink = z.strictObject({
  type: z.literal("kafka").meta({ description: "Kafka 3.5 or later." }),
  ...kafkaConnectionKeys,
  ...writeKeys,
});

/** `[kafka]`: the topics between the two halves of a pipeline from MySQL to Elasticsearch. */
export const kafkaBetween = z.strictObject({
  ...kafkaConnectionKeys,
  ...writeKeys,
  checkpoint_topic: topicKey()
    .prefault(DEFAULT_NAMES.checkpointTopic)
    .meta({ description: "The compacted topic that keeps the capture's checkpoint." }),
  ...readKeys,
  start: start.prefault("earliest").meta({
    description:
      "Where the sync begins in partitions of which the group has committed no offset; as `start` of a Kafka source.",
  }),
});
