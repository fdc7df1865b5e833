import { z } from "zod";
import { DEFAULT_NAMES } from "./default-names.ts";
import { admin } from "./schema-admin.ts";
import { ruleSchema, testSchema } from "./schema-rule.ts";
import { kafkaBetween, kafkaSink, kafkaSource } from "./schema-kafka.ts";
import { load, verify } from "./schema-load.ts";
import { elasticsearchSink } from "./schema-sink.ts";
import { mysqlSource } from "./schema-source.ts";
import { durationKey, indexKey, textKey, topicKey } from "./schema-values.ts";

const folder = (description: string) =>
  textKey().prefault(DEFAULT_NAMES.stateFolder).meta({ title: "path", description });

const store = (names: { readonly index: string; readonly topic: string }) =>
  z.discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("file").prefault("file").meta({ description: "A folder on this machine." }),
      path: folder("Folder; relative to the configuration file."),
    }),
    z.strictObject({
      type: z.literal("elasticsearch").meta({ description: "An index of the sink's cluster." }),
      index: indexKey().prefault(names.index).meta({ description: "The index." }),
    }),
    z.strictObject({
      type: z.literal("kafka").meta({ description: "A topic of the sink's cluster." }),
      topic: topicKey().prefault(names.topic).meta({ description: "The topic." }),
    }),
  ]);

const state = store({ index: DEFAULT_NAMES.stateIndex, topic: DEFAULT_NAMES.checkpointTopic })
  .optional()
  .meta({
    description:
      "Where the checkpoint is kept. Absent: in the folder `.tailrace` beside the configuration file; for a Kafka sink in the topic `tailrace-checkpoints`; for a Kafka source, whose offsets its group keeps, what the instances have in common is in the index `tailrace-state`.",
  });

const deadLetters = store({
  index: DEFAULT_NAMES.deadLetterIndex,
  topic: DEFAULT_NAMES.deadLetterTopic,
})
  .optional()
  .meta({
    description:
      "Where documents go that Elasticsearch refuses for good, records that are none, and notes of rows that the log could not deliver. Absent: beside the checkpoint.",
  });

const log = z
  .strictObject({
    level: z.enum(["debug", "info", "warn", "error"]).prefault("info").meta({
      description: "The least severe messages written.",
    }),
    format: z
      .enum(["json", "pretty"])
      .optional()
      .meta({
        examples: ["json"],
        description:
          "JSON or one readable line per message. Absent: readable on a terminal, JSON otherwise.",
      }),
  })
  .prefault({})
  .meta({ description: "What is logged, to standard error." });

/** The sections of a configuration file in their order there; unknown keys are problems everywhere. */
export const configSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, {
        error: "must be 1 to 64 lower-case letters, digits, dots, hyphens or underscores",
      })
      .meta({
        description:
          "The pipeline's name: it names the checkpoint, and the default server id is derived from it.",
        examples: ["shop"],
      }),
    drain_timeout: durationKey({ minMs: 0, maxMs: 600_000 })
      .prefault("25s")
      .meta({ description: "How long a stop may take to finish what is in flight." }),
    source: z
      .discriminatedUnion("type", [mysqlSource, kafkaSource])
      .meta({ description: "What is read: a MySQL or MariaDB server, or Kafka topics." }),
    sink: z
      .discriminatedUnion("type", [elasticsearchSink, kafkaSink])
      .meta({ description: "What is written: Elasticsearch or OpenSearch, or Kafka topics." }),
    kafka: kafkaBetween.optional().meta({
      description:
        "Puts Kafka between a MySQL source and an Elasticsearch sink: the file then describes both halves, a capture and a sync. `run --part capture` runs the one, `run --part sync`, any number of times, the other, and `run` both in one process.",
    }),
    state,
    dead_letters: deadLetters,
    load,
    verify,
    log,
    admin,
    rules: z.array(ruleSchema).min(1, { error: "must have at least one rule" }).meta({
      description:
        "Which rows become which documents. A table may have several rules, whose documents must then differ in index or id.",
    }),
    tests: z.array(testSchema).optional().meta({
      description: "Tests of the rules; `tailrace test` runs them.",
    }),
  })
  .meta({ title: "tailrace configuration" });

/** A configuration file's content, checked, defaults filled in, quantities as numbers. */
export type ConfigDocument = z.output<typeof configSchema>;

/** What is written in a configuration file. */
export type ConfigInput = z.input<typeof configSchema>;
