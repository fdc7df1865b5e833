import { createTopicsV7, describeTransactionsV0 } from "@platformatic/kafka";
import { systemClock } from "../core/clock.ts";
import { asTailraceError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { checkedCall } from "./call.ts";
import { KafkaConnections } from "./connections.ts";
import type { KafkaOptions } from "./options.ts";
import { checkTopic, describeTopicsForCheck, type WantedTopic } from "./preflight-topic.ts";
import { retrying } from "./retry.ts";
import { refusalOf } from "./translate-error.ts";

/** What a run would need of a cluster to write to it. */
export interface WantedWriting {
  readonly topics: readonly WantedTopic[];
  /** Absent = no transactions. */
  readonly transactionalId?: string | undefined;
}

/**
 * Looks at what a run would need of the cluster to write to it, and changes nothing: brokers and authentication, for each topic whether it exists or
 * may be created, who may write to it and its settings, and whether the transactional id may be used. Never throws for what it finds.
 */
export async function checkWriting(
  options: KafkaOptions,
  wanted: WantedWriting,
): Promise<readonly Finding[]> {
  await using connections = new KafkaConnections(options);
  const findings = [...checkPasswordSecrecy(options)];
  try {
    const described = await describeTopicsForCheck(
      connections,
      wanted.topics.map((topic) => topic.name),
    );
    findings.push({
      severity: "ok",
      check: `brokers ${options.brokers.join(", ")}`,
      message: described.brokers === 1 ? "1 broker" : `${described.brokers} brokers`,
    });
    for (const topic of wanted.topics) {
      const metadata = described.topics.get(topic.name);
      findings.push(
        ...(metadata === undefined
          ? [await checkCreation(connections, topic)]
          : await checkTopic(connections, { topic, metadata, brokers: described.brokers })),
      );
    }
    if (wanted.transactionalId !== undefined) {
      findings.push(await checkTransactionalId(connections, wanted.transactionalId));
    }
  } catch (error) {
    findings.push(findingOf(`brokers ${options.brokers.join(", ")}`, error));
  }
  return findings;
}

/** PLAIN sends the password as it is. */
function checkPasswordSecrecy({ sasl, tls }: KafkaOptions): readonly Finding[] {
  if (sasl?.mechanism !== "plain" || tls !== undefined) return [];
  return [
    {
      severity: "warning",
      check: "sasl",
      message: 'mechanism = "plain" without tls sends the password in clear text',
      remedy: "Set tls, or use scram-sha-512.",
    },
  ];
}

/** Whether a missing topic could be created: the brokers check the request and its permissions, and do nothing. */
async function checkCreation(
  connections: KafkaConnections,
  { name, create, compacted }: WantedTopic,
): Promise<Finding> {
  const check = `topic ${name}`;
  if (create === undefined) {
    return {
      severity: "error",
      check,
      message: "does not exist",
      remedy: "Create it, correct the name, or set create_topics.",
    };
  }
  const topic = {
    name,
    numPartitions: create.partitions,
    replicationFactor: create.replication,
    assignments: [],
    configs: compacted ? [{ name: "cleanup.policy", value: "compact" }] : [],
  };
  try {
    const call = checkedCall(createTopicsV7.api, [topic], TIMEOUT_MS, true);
    const answer = await connections.request("any", call);
    const refused = answer.topics.find((each) => each.errorCode !== 0);
    if (refused !== undefined) throw refusalOf(refused.errorCode, name, refused.errorMessage);
    const partitions = create.partitions === 1 ? "1 partition" : `${create.partitions} partitions`;
    return {
      severity: "ok",
      check,
      message: `does not exist yet and will be created with ${partitions}`,
    };
  } catch (error) {
    return findingOf(check, error);
  }
}

const TIMEOUT_MS = 15_000;

/** Whether a producer may use the id, without becoming one: that would fence the one that runs. */
async function checkTransactionalId(
  connections: KafkaConnections,
  transactionalId: string,
): Promise<Finding> {
  const check = `transactional id ${transactionalId}`;
  try {
    // The first question of a cluster's life makes it create a topic of its own, which takes a moment.
    const limits = {
      clock: systemClock,
      limitMs: TIMEOUT_MS,
      signal: new AbortController().signal,
    };
    const state = await retrying(() => describeTransaction(connections, transactionalId), limits);
    const message =
      state === null
        ? "free"
        : `in use before, state ${state}: the next run fences what still has it`;
    return { severity: "ok", check, message };
  } catch (error) {
    return findingOf(check, error);
  }
}

/** The state of the id's last transaction, null when there was none. Throws KAFKA_*. */
async function describeTransaction(
  connections: KafkaConnections,
  transactionalId: string,
): Promise<string | null> {
  const call = checkedCall(describeTransactionsV0.api, [transactionalId]);
  const answer = await connections.request({ transactionalId }, call);
  const [state] = answer.transactionStates;
  if (state === undefined || state.errorCode === TRANSACTIONAL_ID_NOT_FOUND) return null;
  if (state.errorCode !== 0) throw refusalOf(state.errorCode, transactionalId);
  return state.transactionState;
}

const TRANSACTIONAL_ID_NOT_FOUND = 105;

function findingOf(check: string, error: unknown): Finding {
  const { message, remedy } = asTailraceError(error);
  return { severity: "error", check, message, remedy };
}
