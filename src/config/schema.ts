import { z } from "zod";
import { ruleSchema } from "./schema-rule.ts";
import { elasticsearchSink } from "./schema-sink.ts";
import { mysqlSource } from "./schema-source.ts";
import { durationKey, indexKey, textKey } from "./schema-values.ts";

const folder = (description: string) =>
  textKey().prefault(".tailrace").meta({ title: "path", description });

const state = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("file").prefault("file").meta({ description: "A folder on this machine." }),
      path: folder("Folder; relative to the configuration file."),
    }),
    z.strictObject({
      type: z.literal("elasticsearch").meta({ description: "An index of the sink's cluster." }),
      index: indexKey().prefault("tailrace-state").meta({ description: "The index." }),
    }),
  ])
  .prefault({ type: "file" })
  .meta({ description: "Where the checkpoint is kept." });

const deadLetters = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("file").prefault("file").meta({ description: "A folder on this machine." }),
      path: folder("Folder; relative to the configuration file."),
    }),
    z.strictObject({
      type: z.literal("elasticsearch").meta({ description: "An index of the sink's cluster." }),
      index: indexKey().prefault("tailrace-dead-letters").meta({ description: "The index." }),
    }),
  ])
  .optional()
  .meta({
    description:
      "Where documents go that Elasticsearch refuses for good, and records of rows that the log could not deliver. Absent: beside the checkpoint.",
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
      .discriminatedUnion("type", [mysqlSource])
      .meta({ description: "The MySQL or MariaDB server that is read." }),
    sink: z
      .discriminatedUnion("type", [elasticsearchSink])
      .meta({ description: "The Elasticsearch or OpenSearch cluster that is written." }),
    state,
    dead_letters: deadLetters,
    log,
    rules: z.array(ruleSchema).min(1, { error: "must have at least one rule" }).meta({
      description: "One table, or pattern of tables, each. No table may have two rules.",
    }),
  })
  .meta({ title: "tailrace configuration" });

/** A configuration file's content, checked, defaults filled in, quantities as numbers. */
export type ConfigDocument = z.output<typeof configSchema>;

/** What is written in a configuration file. */
export type ConfigInput = z.input<typeof configSchema>;
