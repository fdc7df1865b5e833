import {
  decodeConsumerProtocolAssignment,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  heartbeatV4,
  joinGroupV9,
  leaveGroupV5,
  syncGroupV5,
} from "@platformatic/kafka";
import { asTailraceError } from "../core/errors.ts";
import type { TopicPartition } from "../core/kafka.ts";
import { Bell } from "./bell.ts";
import { checkedCall, libraryCall } from "./call.ts";
import { ClassicLeader } from "./group-leader.ts";
import {
  noteCoordinator,
  type GroupMember,
  type MemberIdentity,
  type MemberOptions,
} from "./group-member.ts";
import { Pauses } from "./pauses.ts";
import { mayPass } from "./retry.ts";
import { SessionClock } from "./session-clock.ts";
import { groupByTopic, splitByTopic } from "./topic-partitions.ts";
import { refusalName, refusalOf } from "./translate-error.ts";

const PROTOCOL_TYPE = "consumer";
const PROTOCOL = "cooperative-sticky";
const SUBSCRIPTION_VERSION = 3;
const NO_GENERATION = -1;
const MEMBER_ID_REQUIRED = 79;
/** What may have to wait for other members has a connection of its own: heartbeats and commits go on. */
const JOINING = "join";

/** Refusals by which the group says that it does not know us (any more). */
const NOT_A_MEMBER: ReadonlySet<string> = new Set([
  "UNKNOWN_MEMBER_ID",
  "ILLEGAL_GENERATION",
  "FENCED_INSTANCE_ID",
]);

/**
 * A member by the classic protocol (https://kafka.apache.org/documentation/#design_consumerposition, KIP-429, KIP-345): JoinGroup, in which the leader learns
 * what members have; SyncGroup, in which each learns what it shall have; then heartbeats, until one is answered with REBALANCE_IN_PROGRESS. What stays ours is
 * read all the time. What is to go is given up after SyncGroup, and a further round tells the group.
 *
 * Heartbeats go on while JoinGroup waits for other members: the broker takes them for signs of life, and so do we. Three loops: `#attend` joins and
 * reconciles, `#beat` sends heartbeats, `#watch` gives everything up when none has been answered for the session's time.
 */
export class ClassicMember implements GroupMember {
  readonly #options: MemberOptions;
  readonly #leader: ClassicLeader;
  /** Wakes `#attend`. */
  readonly #change: Bell;
  readonly #stopping = new AbortController();
  readonly #session: SessionClock;
  #memberId = "";
  #generation = NO_GENERATION;
  #mustJoin = true;
  #isJoining = false;
  #isFenced = false;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#leader = new ClassicLeader(options);
    this.#change = new Bell(options.clock);
    this.#session = new SessionClock(options);
  }

  get identity(): MemberIdentity | null {
    if (this.#generation === NO_GENERATION) return null;
    return { memberId: this.#memberId, generation: this.#generation };
  }

  async run(): Promise<void> {
    const loops = [this.#attend(), this.#beat(), this.#watch()];
    try {
      await Promise.all(loops);
    } finally {
      this.stop();
      await Promise.allSettled(loops);
    }
  }

  stop(): void {
    this.#stopping.abort();
    this.#change.ring();
  }

  resubscribe(): void {
    this.#requestJoin();
  }

  onCommitRefused(name: string, identity: MemberIdentity): void {
    // While we join, the group's generation is ahead of ours, or behind.
    if (!NOT_A_MEMBER.has(name) || identity.generation !== this.#generation) return;
    if (name !== "ILLEGAL_GENERATION" || !this.#isJoining) this.#lose(name);
  }

  async leave(): Promise<void> {
    const { connections, group, instanceId } = this.#options;
    if (this.#memberId === "" || instanceId !== null) return;
    const members = [{ memberId: this.#memberId, groupInstanceId: null, reason: "closed" }];
    await connections.request({ group }, libraryCall(leaveGroupV5.api, group, members));
  }

  async #attend(): Promise<void> {
    const pauses = new Pauses(this.#options.clock);
    while (!this.#isStopping) {
      try {
        await this.#standBack();
        if (this.#mustJoin) await this.#join();
        else if (await this.#leader.hasChanged()) this.#mustJoin = true;
        pauses.reset();
      } catch (caught) {
        await this.#recover(caught, pauses);
      }
      if (!this.#mustJoin) await this.#change.heard(this.#leader.checkMs);
    }
  }

  /** Another process has our name: it is given time to work, for two with one name must not chase each other. */
  async #standBack(): Promise<void> {
    if (!this.#isFenced) return;
    this.#isFenced = false;
    await this.#options.clock.sleep(this.#options.sessionTimeoutMs, this.#stopping.signal);
  }

  /** Rethrows what will not pass; else resolves when it is time for the next try. */
  async #recover(caught: unknown, pauses: Pauses): Promise<void> {
    const { logger, group } = this.#options;
    if (this.#isStopping) return;
    const error = asTailraceError(caught);
    const name = refusalName(error) ?? "";
    noteCoordinator(this.#options, error);
    this.#mustJoin = true;
    if (name === "REBALANCE_IN_PROGRESS") return;
    if (NOT_A_MEMBER.has(name)) this.#lose(name);
    else if (!mayPass(error)) throw error;
    if (pauses.isWorthWarning) logger.warn({ group, error }, "cannot join the consumer group");
    await pauses.pause(this.#stopping.signal);
  }

  async #join(): Promise<void> {
    this.#isJoining = true;
    let target: readonly TopicPartition[];
    try {
      this.#mustJoin = false;
      target = await this.#synchronise(await this.#joinGroup());
    } finally {
      this.#isJoining = false;
    }
    await this.#reconcile(target);
  }

  /** One JoinGroup: resolves when every member has come, or their time is over; then we are of a new generation. */
  async #joinGroup(): Promise<JoinAnswer> {
    const { connections, assignment, group, clock } = this.#options;
    const { topics, instanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const metadata = encodeConsumerProtocolSubscription({
      version: SUBSCRIPTION_VERSION,
      topics: [...topics],
      ownedPartitions: groupByTopic(assignment.owned),
      generationId: this.#generation,
    });
    const call = checkedCall(
      joinGroupV9.api,
      group,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      this.#memberId,
      instanceId,
      PROTOCOL_TYPE,
      [{ name: PROTOCOL, metadata }],
      null,
    );
    const sentMs = clock.now();
    const answer = await connections.request(
      { group, lane: JOINING },
      { ...call, waitMs: rebalanceTimeoutMs },
    );
    if (answer.errorCode === MEMBER_ID_REQUIRED) {
      this.#memberId = answer.memberId;
      return this.#joinGroup();
    }
    if (answer.errorCode !== 0) throw refusalOf(answer.errorCode, `join consumer group ${group}`);
    this.#memberId = answer.memberId;
    this.#generation = answer.generationId;
    // The session of one who had nothing begins with the answer.
    this.#session.contacted(assignment.owned.length === 0 ? clock.now() : sentMs);
    return answer;
  }

  /** SyncGroup: as leader says what everybody shall have; resolves with what we shall have. */
  async #synchronise(joined: JoinAnswer): Promise<readonly TopicPartition[]> {
    const { connections, group, clock, instanceId, rebalanceTimeoutMs } = this.#options;
    const isLeader = joined.leader === joined.memberId;
    const assigned = await this.#leader.assign(isLeader ? joined.members : null);
    const assignments = [...(joined.skipAssignment ? [] : assigned)].map(([memberId, each]) => ({
      memberId,
      assignment: encodeConsumerProtocolAssignment({
        version: SUBSCRIPTION_VERSION,
        assignedPartitions: groupByTopic(each),
      }),
    }));
    const call = libraryCall(
      syncGroupV5.api,
      group,
      joined.generationId,
      joined.memberId,
      instanceId,
      PROTOCOL_TYPE,
      joined.protocolName ?? PROTOCOL,
      assignments,
    );
    const sentMs = clock.now();
    const answer = await connections.request(
      { group, lane: JOINING },
      { ...call, waitMs: rebalanceTimeoutMs },
    );
    this.#session.contacted(sentMs);
    return splitByTopic(decodeConsumerProtocolAssignment(answer.assignment).assignedPartitions);
  }

  async #reconcile(target: readonly TopicPartition[]): Promise<void> {
    const { assignment, logger, group } = this.#options;
    const generation = this.#generation;
    const { revoked, added } = assignment.compare(target);
    logger.debug({ group, generation, revoked: revoked.length, added: added.length }, "assignment");
    if (revoked.length > 0) {
      this.#mustJoin = true;
      await assignment.revoke(revoked);
    }
    if (added.length > 0 && generation === this.#generation) await assignment.assign(added);
  }

  async #beat(): Promise<void> {
    const { clock, heartbeatIntervalMs, logger, group } = this.#options;
    while (!this.#isStopping) {
      await clock.sleep(heartbeatIntervalMs, this.#stopping.signal);
      const { identity } = this;
      if (identity === null || this.#isStopping) continue;
      const sentMs = clock.now();
      try {
        await this.#heartbeat(identity);
        if (identity.generation === this.#generation) this.#session.contacted(sentMs);
      } catch (caught) {
        const error = asTailraceError(caught);
        noteCoordinator(this.#options, error);
        logger.debug({ group, error }, "heartbeat");
        if (identity.generation === this.#generation) this.#onHeartbeatRefused(error, sentMs);
      }
    }
  }

  async #heartbeat({ memberId, generation }: MemberIdentity): Promise<void> {
    const { connections, group, instanceId } = this.#options;
    await connections.request(
      { group },
      libraryCall(heartbeatV4.api, group, generation, memberId, instanceId),
    );
  }

  #onHeartbeatRefused(error: unknown, sentMs: number): void {
    const name = refusalName(error) ?? "";
    // While JoinGroup is on its way: others are waited for, or its answer is.
    const isExpected = this.#isJoining && name === "ILLEGAL_GENERATION";
    if (name === "REBALANCE_IN_PROGRESS" || isExpected) {
      this.#session.contacted(sentMs);
      if (!this.#isJoining) this.#requestJoin();
    } else if (NOT_A_MEMBER.has(name)) {
      this.#lose(name);
    }
  }

  #watch(): Promise<void> {
    return this.#session.watch({
      isMember: () => this.#generation !== NO_GENERATION,
      onExpired: () => this.#lose("no heartbeat for the session's time"),
      signal: this.#stopping.signal,
    });
  }

  #lose(reason: string): void {
    const { assignment, logger, group, instanceId } = this.#options;
    const partitions = assignment.owned.length;
    logger[partitions > 0 ? "warn" : "debug"](
      { group, reason, partitions },
      "lost membership of the consumer group",
    );
    this.#generation = NO_GENERATION;
    this.#isFenced = reason === "FENCED_INSTANCE_ID";
    if (this.#isFenced) {
      logger.warn({ group, instanceId }, "another process has taken this instance id");
    }
    if (this.#isFenced || reason === "UNKNOWN_MEMBER_ID") this.#memberId = "";
    assignment.lose();
    this.#requestJoin();
  }

  #requestJoin(): void {
    this.#mustJoin = true;
    this.#change.ring();
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }
}

type JoinAnswer = ReturnType<typeof joinGroupV9.parseResponse>;
