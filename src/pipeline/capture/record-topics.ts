import { TailraceError } from "../../core/errors.ts";
import type { KafkaCluster, TopicDescription } from "../../core/kafka.ts";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logger.ts";
import type { RecordTopic } from "../../core/record.ts";
import { topicName } from "../../core/topic-name.ts";

/** A table's names. */
export interface TableName {
  readonly database: string;
  readonly table: string;
}

/** What finding the topics of tables takes. */
export interface RecordTopicsOptions {
  readonly cluster: KafkaCluster;
  /** With `{database}` and `{table}`. */
  readonly template: string;
  /** How missing topics are made; undefined = they must exist. */
  readonly create: { readonly partitions: number; readonly replication: number } | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How often it is looked whether topics are still what they were, ms. */
const CHECK_INTERVAL_MS = 60_000;

interface KnownTopic {
  readonly topic: TopicDescription;
  /** The template filled in with the names as they are: tables that share it are meant to share the topic. */
  readonly plainName: string;
  /** What was last said of a change. */
  said: string;
}

/**
 * The topics of captured tables, described when a table is first seen and then kept for the whole run.
 *
 * A topic's number of partitions is what keys are spread over, so a change of it in the middle of a run would put two changes of one row into two
 * partitions, which readers without our versions (Canal's, say) may apply in the wrong order. Therefore a run keeps to the number that it began with: new
 * partitions stay empty, order per key holds, and a warning says that the next start moves keys. The operator chooses that moment: when readers have
 * caught up, a restart is safe for all of them.
 */
export class RecordTopics {
  readonly #options: RecordTopicsOptions;
  readonly #known = new Map<string, KnownTopic>();

  constructor(options: RecordTopicsOptions) {
    this.#options = options;
  }

  /** The table's topic, made where that is allowed. Throws KAFKA_TOPIC_MISSING, KAFKA_TOPIC_UNUSABLE when two names become one, and other KAFKA_*. */
  async open(table: TableName): Promise<RecordTopic> {
    const { template } = this.#options;
    const name = topicName(template, table);
    const plainName = fillIn(template, table);
    const known = this.#known.get(name);
    if (known !== undefined) {
      if (known.plainName === plainName) return known.topic;
      throw new TailraceError(
        "KAFKA_TOPIC_UNUSABLE",
        `${plainName} and ${known.plainName} both become the topic ${name}, because topic names have only letters, digits, ".", "_" and "-": choose another sink.topic.`,
      );
    }
    const topic = await this.#describe(name);
    this.#known.set(name, { topic, plainName, said: "" });
    return topic;
  }

  /** Looks every minute whether topics have changed, until the signal aborts. What keeps it from looking is not its business to tell. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(CHECK_INTERVAL_MS, signal);
      if (!signal.aborted) await this.check().catch(() => undefined);
    }
  }

  /** Warns of topics that are not what they were; each change once. Throws KAFKA_*. */
  async check(): Promise<void> {
    const { cluster, logger } = this.#options;
    if (this.#known.size === 0) return;
    const now = await cluster.describeTopics([...this.#known.keys()]);
    for (const [name, known] of this.#known) {
      const news = describeChange(known.topic, now.get(name));
      if (news === known.said) continue;
      known.said = news;
      if (news !== "") logger.warn({ topic: name }, news);
    }
  }

  async #describe(name: string): Promise<TopicDescription> {
    const { cluster, create, logger } = this.#options;
    const existing = (await cluster.describeTopics([name])).get(name);
    if (existing !== undefined) return existing;
    if (create === undefined)
      throw new TailraceError("KAFKA_TOPIC_MISSING", `There is no topic ${name}.`);
    await cluster.createTopic(name, { ...create, compacted: false });
    const created = (await cluster.describeTopics([name])).get(name);
    if (created !== undefined) {
      logger.info({ topic: name, partitions: created.partitions }, "created the topic");
      return created;
    }
    throw new TailraceError(
      "KAFKA_REQUEST_FAILED",
      `The topic ${name} was created and is not known to the cluster yet.`,
    );
  }
}

function fillIn(template: string, table: TableName): string {
  return template.replaceAll(/\{(database|table)\}/g, (_, key: "database" | "table") => table[key]);
}

/** What happened to a topic since the run began, empty when nothing did. */
function describeChange(then: TopicDescription, now: TopicDescription | undefined): string {
  if (now === undefined) return "the topic was deleted";
  if (now.id !== then.id)
    return "the topic was deleted and made anew: what it held is gone, and readers begin again";
  if (now.partitions === then.partitions) return "";
  return (
    `the topic has ${now.partitions} partitions instead of ${then.partitions}: this run goes on with ${then.partitions}, ` +
    "the next start spreads keys over all of them; restart when readers have caught up"
  );
}
