import { randomUUID } from "node:crypto";
import { consumerGroupHeartbeatV0, consumerGroupHeartbeatV1 } from "@platformatic/kafka";
import { asTailraceError, type TailraceError } from "../core/errors.ts";
import type { TopicPartition } from "../core/kafka.ts";
import { Bell } from "./bell.ts";
import { libraryCall, type KafkaCall } from "./call.ts";
import {
  noteCoordinator,
  type GroupMember,
  type MemberIdentity,
  type MemberOptions,
} from "./group-member.ts";
import { Pauses } from "./pauses.ts";
import { mayPass } from "./retry.ts";
import { SessionClock } from "./session-clock.ts";
import type { TopicIdentities } from "./topic-identities.ts";
import { groupByTopic, splitByTopic } from "./topic-partitions.ts";
import { refusalName } from "./translate-error.ts";

/** Epochs that mean something else than an epoch. */
const JOIN = 0;
const LEAVE = -1;
/** A static member's: it will be back. */
const LEAVE_FOR_A_WHILE = -2;

/** Refusals by which the group says that it does not know us (any more). */
const NOT_A_MEMBER: ReadonlySet<string> = new Set([
  "UNKNOWN_MEMBER_ID",
  "FENCED_MEMBER_EPOCH",
  "FENCED_INSTANCE_ID",
]);
/** The group waits until the static member of this name has gone. */
const NOT_YET = "UNRELEASED_INSTANCE_ID";

type Answer = ReturnType<typeof consumerGroupHeartbeatV1.parseResponse>;

/** What the group has for us, by topic id. */
type Target = NonNullable<Answer["assignment"]>["topicPartitions"];

/**
 * A member by the protocol "consumer" (KIP-848): ConsumerGroupHeartbeat is all there is. Each says what we have and is answered with what we shall have and
 * the group's epoch; what must go is given up, and that it is missing from the next heartbeat tells the group. Heartbeats always say everything: the broker
 * then always answers everything, and no answer that was lost matters.
 *
 * Three loops: `#beat` sends heartbeats, `#reconcile` brings what we have to what we shall have, while heartbeats go on, `#watch` gives everything up when
 * none has been answered for the session's time. Who was lost comes back as a new member, and the old one is taken leave of, for the group would wait for it.
 */
export class ConsumerMember implements GroupMember {
  readonly #options: MemberOptions & { readonly identities: TopicIdentities };
  /** Wakes `#beat`. */
  readonly #due: Bell;
  /** Wakes `#reconcile`. */
  readonly #change: Bell;
  readonly #stopping = new AbortController();
  readonly #session: SessionClock;
  #memberId: string = randomUUID();
  #epoch = JOIN;
  /** Who we were when we were lost, until the group has been told. */
  #ghost: string | null = null;
  #target: Target | null = null;

  constructor(options: MemberOptions & { readonly identities: TopicIdentities }) {
    this.#options = options;
    this.#due = new Bell(options.clock);
    this.#change = new Bell(options.clock);
    this.#session = new SessionClock(options);
  }

  get identity(): MemberIdentity | null {
    return this.#epoch === JOIN ? null : { memberId: this.#memberId, generation: this.#epoch };
  }

  async run(): Promise<void> {
    const loops = [this.#beat(), this.#reconcile(), this.#watch()];
    try {
      await Promise.all(loops);
    } finally {
      this.stop();
      await Promise.allSettled(loops);
    }
  }

  stop(): void {
    this.#stopping.abort();
    this.#due.ring();
    this.#change.ring();
  }

  resubscribe(): void {
    this.#due.ring();
  }

  onCommitRefused(name: string, identity: MemberIdentity): void {
    if (identity.memberId !== this.#memberId) return;
    if (name === "STALE_MEMBER_EPOCH") this.#due.ring();
    else if (NOT_A_MEMBER.has(name)) this.#lose(name);
  }

  async leave(): Promise<void> {
    if (this.#epoch === JOIN) return;
    await this.#heartbeat(this.#memberId, this.#leaveEpoch, []);
  }

  get #leaveEpoch(): number {
    return this.#options.instanceId === null ? LEAVE : LEAVE_FOR_A_WHILE;
  }

  async #beat(): Promise<void> {
    const { clock, heartbeatIntervalMs, assignment } = this.#options;
    const pauses = new Pauses(clock);
    while (!this.#isStopping) {
      let pauseMs = heartbeatIntervalMs;
      try {
        await this.#exorcise();
        const sentMs = clock.now();
        const memberId = this.#memberId;
        const owned = this.#epoch === JOIN ? [] : assignment.owned;
        const answer = await this.#heartbeat(memberId, this.#epoch, owned);
        if (memberId === this.#memberId) this.#take(answer, sentMs);
        pauseMs = Math.min(heartbeatIntervalMs, answer.heartbeatIntervalMs);
        pauses.reset();
      } catch (caught) {
        pauseMs = this.#recover(asTailraceError(caught), pauses);
      }
      if (!this.#isStopping) await this.#due.heard(pauseMs);
    }
  }

  /** Takes leave of the member that we were. */
  async #exorcise(): Promise<void> {
    if (this.#ghost === null) return;
    try {
      await this.#heartbeat(this.#ghost, this.#leaveEpoch, []);
    } catch (error) {
      if (!NOT_A_MEMBER.has(refusalName(error) ?? "")) throw error;
    }
    this.#ghost = null;
  }

  #take(answer: Answer, sentMs: number): void {
    this.#epoch = answer.memberEpoch;
    this.#session.contacted(sentMs);
    if (answer.assignment === null) return;
    this.#target = answer.assignment.topicPartitions;
    this.#change.ring();
  }

  /** Rethrows what will not pass; else says how many milliseconds to wait before the next try. */
  #recover(error: TailraceError, pauses: Pauses): number {
    const { logger, group, instanceId } = this.#options;
    if (this.#isStopping) return 0;
    const name = refusalName(error) ?? "";
    noteCoordinator(this.#options, error);
    if (NOT_A_MEMBER.has(name)) this.#lose(name);
    else if (name !== NOT_YET && !mayPass(error)) throw error;
    const delayMs = pauses.next();
    if (name === NOT_YET || name === "FENCED_INSTANCE_ID") {
      logger.warn({ group, instanceId, name, delayMs }, "another process has this instance id");
    } else if (pauses.isWorthWarning) {
      logger.warn({ group, error, delayMs }, "cannot reach the consumer group");
    }
    return delayMs;
  }

  #heartbeat(memberId: string, epoch: number, owned: readonly TopicPartition[]): Promise<Answer> {
    const { connections, identities, group, instanceId, topics } = this.#options;
    const { rebalanceTimeoutMs } = this.#options;
    const topicPartitions = groupByTopic(owned).map(({ topic, partitions }) => ({
      topicId: identities.id(topic) ?? "",
      partitions,
    }));
    return connections.request(
      { group },
      ...heartbeatCalls(
        group,
        memberId,
        epoch,
        instanceId,
        null,
        rebalanceTimeoutMs,
        [...topics],
        null,
        null,
        topicPartitions,
      ),
    );
  }

  async #reconcile(): Promise<void> {
    const { clock, assignment, logger, group } = this.#options;
    const pauses = new Pauses(clock);
    while (!this.#isStopping) {
      await this.#change.heard(NEVER_MS);
      while (this.#target !== null && !this.#isStopping) {
        const target = this.#target;
        const memberId = this.#memberId;
        this.#target = null;
        let partitions: readonly TopicPartition[];
        try {
          partitions = await this.#resolve(target);
          pauses.reset();
        } catch (caught) {
          const error = asTailraceError(caught);
          if (!mayPass(error)) throw error;
          await pauses.pause(this.#stopping.signal);
          this.#target ??= target;
          continue;
        }
        // Lost while names were looked up: it was another member's.
        if (memberId !== this.#memberId) continue;
        const { revoked, added } = assignment.compare(partitions);
        if (revoked.length + added.length === 0) continue;
        logger.debug({ group, revoked: revoked.length, added: added.length }, "assignment");
        if (revoked.length > 0) {
          await assignment.revoke(revoked);
          this.#due.ring();
        }
        if (added.length > 0 && memberId === this.#memberId) await assignment.assign(added);
      }
    }
  }

  /** Names instead of ids; topics that brokers do not know yet come with a later heartbeat. Throws KAFKA_*. */
  async #resolve(target: Target): Promise<readonly TopicPartition[]> {
    const { connections, identities, topics } = this.#options;
    if (target.some(({ topicId }) => identities.name(topicId) === undefined)) {
      for (const topic of topics) connections.forgetTopic(topic);
      identities.note((await connections.metadata([...topics])).values());
    }
    return splitByTopic(
      target.flatMap(({ topicId, partitions }) => {
        const topic = identities.name(topicId);
        return topic === undefined ? [] : [{ topic, partitions }];
      }),
    );
  }

  #watch(): Promise<void> {
    return this.#session.watch({
      isMember: () => this.#epoch !== JOIN,
      onExpired: () => this.#lose("no heartbeat for the session's time"),
      signal: this.#stopping.signal,
    });
  }

  #lose(reason: string): void {
    const { assignment, logger, group } = this.#options;
    const partitions = assignment.owned.length;
    const level = partitions > 0 ? "warn" : "debug";
    logger[level]({ group, reason, partitions }, "lost membership of the consumer group");
    this.#ghost = this.#memberId;
    this.#memberId = randomUUID();
    this.#epoch = JOIN;
    this.#target = null;
    assignment.lose();
    this.#due.ring();
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }
}

const NEVER_MS = 0x7fffffff;

/** The heartbeat in each version that there is; version 0 is that of Kafka 3.7 to 3.9. */
export function heartbeatCalls(
  ...args: Parameters<typeof consumerGroupHeartbeatV1.createRequest>
): readonly KafkaCall<Answer>[] {
  return [
    libraryCall(consumerGroupHeartbeatV1.api, ...args),
    libraryCall(consumerGroupHeartbeatV0.api, ...args),
  ];
}
