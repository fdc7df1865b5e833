import { setMaxListeners } from "node:events";
import { findCoordinatorV4 } from "@platformatic/kafka";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { BrokerConnection } from "./broker-connection.ts";
import { checkedCall, type KafkaCall } from "./call.ts";
import { connectBroker, explainClosed } from "./connect.ts";
import { MetadataCache, type TopicMetadata } from "./metadata.ts";
import { parseEndpoint, type Endpoint, type KafkaOptions } from "./options.ts";
import { refusalOf } from "./translate-error.ts";

/**
 * Which broker a request is for. Brokers answer one request of a connection after another, so what may have to wait for long (fetches, joining a
 * group) has a connection of its own: `lane` names it.
 */
export type RequestTarget =
  | "any"
  | { readonly node: number; readonly lane?: string }
  | { readonly group: string; readonly lane?: string }
  | { readonly transactionalId: string };

/** What one broker coordinates for the cluster. */
export type Coordinated = { readonly group: string } | { readonly transactionalId: string };

interface Place {
  readonly endpoint: Endpoint;
  readonly lane: string;
}

const KEY_TYPES = { group: 0, transactionalId: 1 } as const;

/**
 * Connections to the brokers of a cluster, opened when they are needed, and what the cluster says of its topics. Nothing is repeated here: a request
 * fails with what happened, the next one connects anew, and the caller decides.
 */
export class KafkaConnections implements AsyncDisposable {
  readonly #options: KafkaOptions;
  readonly #metadata = new MetadataCache();
  readonly #connections = new Map<string, Promise<BrokerConnection>>();
  readonly #open = new Set<BrokerConnection>();
  /** Node ids, by kind and name of what they coordinate. */
  readonly #coordinators = new Map<string, number>();
  readonly #closing = new AbortController();

  /** Does not connect yet. */
  constructor(options: KafkaOptions) {
    this.#options = options;
    // One for each connection that is being opened.
    setMaxListeners(0, this.#closing.signal);
  }

  /** A connection stands at this moment. */
  get isConnected(): boolean {
    return [...this.#open].some((connection) => connection.isUsable);
  }

  /** Sends the first of the calls that the broker has and resolves with its answer. Throws KAFKA_*. */
  async request<Answer>(
    target: RequestTarget,
    ...calls: readonly KafkaCall<Answer>[]
  ): Promise<Answer> {
    const place = target === "any" ? undefined : await this.#place(target);
    const [connection, endpoint] =
      place === undefined ? await this.#connectAny() : await this.#connect(place);
    try {
      return await connection.request(calls);
    } catch (error) {
      if (connection.isUsable) throw error;
      // What was known of who leads and coordinates may be as outdated as the connection.
      this.#metadata.forget();
      this.#coordinators.clear();
      if (this.#closing.signal.aborted || connection.hasAnswered) throw error;
      throw await explainClosed(error, endpoint, this.#options);
    }
  }

  /** Whether the cluster (one broker of it) has this request in a version that we have. Throws KAFKA_*. */
  async supports(call: KafkaCall<unknown>): Promise<boolean> {
    const [connection] = await this.#connectAny();
    return connection.versionOf(call) !== undefined;
  }

  /**
   * The topics' partitions and who leads them, from memory where it is known. Missing topics are absent from the answer; a leader may be -1. Without
   * topics it asks a broker all the same, for the brokers. Throws KAFKA_*.
   */
  async metadata(topics: readonly string[]): Promise<ReadonlyMap<string, TopicMetadata>> {
    const unknown = topics.filter((name) => this.#metadata.topic(name) === undefined);
    const isKnown = unknown.length === 0 && topics.length > 0;
    const fresh = isKnown ? [] : await this.#ask(unknown);
    const answer = new Map(fresh.map((topic) => [topic.name, topic]));
    for (const name of topics) {
      const topic = this.#metadata.topic(name);
      if (topic !== undefined) answer.set(name, topic);
    }
    return answer;
  }

  /** All topics that we may see, asked for anew. Throws KAFKA_*. */
  allTopics(): Promise<readonly TopicMetadata[]> {
    return this.#ask(null);
  }

  /** What is known of a topic (or of all) has proved wrong: it is asked for when it is needed again. */
  forgetTopic(topic?: string): void {
    this.#metadata.forget(topic);
  }

  /** Who coordinates this has proved wrong (NOT_COORDINATOR): it is asked for when it is needed again. */
  forgetCoordinator(target: Coordinated): void {
    this.#coordinators.delete(describeCoordinated(target));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#connections.values());
    await Promise.all([...this.#open].map((connection) => connection[Symbol.asyncDispose]()));
  }

  async #ask(topics: readonly string[] | null): Promise<readonly TopicMetadata[]> {
    return this.#metadata.read(await this.request("any", MetadataCache.call(topics)));
  }

  async #place(target: Exclude<RequestTarget, "any">): Promise<Place> {
    if ("node" in target) {
      return { endpoint: await this.#endpoint(target.node), lane: target.lane ?? "data" };
    }
    const key = describeCoordinated(target);
    const node = this.#coordinators.get(key) ?? (await this.#findCoordinator(target));
    this.#coordinators.set(key, node);
    const lane = "group" in target ? target.lane : undefined;
    return { endpoint: await this.#endpoint(node), lane: lane ?? "coordinator" };
  }

  async #endpoint(node: number): Promise<Endpoint> {
    const known = this.#metadata.broker(node);
    if (known !== undefined) return known;
    await this.#ask([]);
    const found = this.#metadata.broker(node);
    if (found !== undefined) return found;
    throw new TailraceError("KAFKA_UNREACHABLE", `Kafka broker ${node} is not in the cluster now`);
  }

  async #findCoordinator(target: Coordinated): Promise<number> {
    const [type, name] =
      "group" in target
        ? [KEY_TYPES.group, target.group]
        : [KEY_TYPES.transactionalId, target.transactionalId];
    const answer = await this.request("any", checkedCall(findCoordinatorV4.api, type, [name]));
    const { errorCode, errorMessage, nodeId } = answer.coordinators[0]!;
    if (errorCode !== 0) throw refusalOf(errorCode, describeCoordinated(target), errorMessage);
    return nodeId;
  }

  /** One of the known brokers, or of those that were named: first one that is connected, else in turn. */
  async #connectAny(): Promise<readonly [BrokerConnection, Endpoint]> {
    const named = this.#options.brokers.map(parseEndpoint);
    const known = this.#metadata.brokers;
    const places = [...known, ...named].map((endpoint) => ({ endpoint, lane: "any" }));
    const connected = places.filter((place) => this.#connections.has(placeKey(place)));
    const errors: TailraceError[] = [];
    for (const place of [...connected, ...places]) {
      try {
        return await this.#connect(place);
      } catch (error) {
        errors.push(asTailraceError(error));
        if (this.#closing.signal.aborted) break;
      }
    }
    // A refusal tells more than a broker that is away.
    const telling = errors.find((error) => error.disposition === "fatal");
    throw telling ?? errors[0] ?? new TailraceError("KAFKA_UNREACHABLE", "no broker is named");
  }

  async #connect(place: Place): Promise<readonly [BrokerConnection, Endpoint]> {
    const { endpoint } = place;
    const key = placeKey(place);
    for (const isLastTry of [false, true]) {
      if (this.#closing.signal.aborted) {
        throw new TailraceError("KAFKA_UNREACHABLE", "the Kafka connections were closed");
      }
      const opening = this.#connections.get(key) ?? this.#openConnection(key, endpoint);
      const connection = await opening;
      if (connection.isUsable || isLastTry) return [connection, endpoint];
      // It was lost, or its session ends: what is in flight on it may finish.
      if (this.#connections.get(key) === opening) this.#connections.delete(key);
      this.#open.delete(connection);
      connection.retire();
    }
    throw new TailraceError("INVARIANT_BROKEN", "the last try returns");
  }

  #openConnection(key: string, endpoint: Endpoint): Promise<BrokerConnection> {
    const opening = connectBroker(endpoint, this.#options, this.#closing.signal).then(
      (connection) => {
        this.#open.add(connection);
        return connection;
      },
      (error: unknown) => {
        this.#connections.delete(key);
        throw error;
      },
    );
    this.#connections.set(key, opening);
    return opening;
  }
}

function describeCoordinated(target: Coordinated): string {
  return "group" in target ? `group ${target.group}` : `transactional id ${target.transactionalId}`;
}

function placeKey({ endpoint, lane }: Place): string {
  return `${lane} ${endpoint.host}:${endpoint.port}`;
}
