import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { Assignment } from "./assignment.ts";
import type { KafkaConnections } from "./connections.ts";
import { refusalName } from "./translate-error.ts";

/** What a member of either protocol needs. */
export interface MemberOptions {
  readonly connections: KafkaConnections;
  /** Told what is ours; both protocols do with it the same. */
  readonly assignment: Assignment;
  readonly group: string;
  /** Topics that are read; may grow, then {@link GroupMember.resubscribe} is called. */
  readonly topics: ReadonlySet<string>;
  /** Static membership: who comes back under this name within the session's time finds its partitions. */
  readonly instanceId: string | null;
  /** Without a heartbeat for so long the partitions are others'. */
  readonly sessionTimeoutMs: number;
  /** How long members may take to give up partitions and to come to a rebalance. */
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** How old the leader's knowledge of partition counts may be. */
  readonly metadataMaxAgeMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** As what offsets are committed. */
export interface MemberIdentity {
  readonly memberId: string;
  /** Generation of the classic protocol, epoch of the new one. */
  readonly generation: number;
}

/** Membership of a group in one of the two protocols: keeps {@link Assignment} true to what the group says. */
export interface GroupMember {
  /** Joins, and stays in the group until `stop` is called; then it resolves. Rejects when it cannot go on. */
  run(): Promise<void>;
  stop(): void;
  /** Tells the group that there are more topics to be read. */
  resubscribe(): void;
  /** Null while the group does not know us. */
  readonly identity: MemberIdentity | null;
  /** A commit that was made as `identity` was refused with this name: what that means for us. */
  onCommitRefused(name: string, identity: MemberIdentity): void;
  /** Tells the group that we go; a static member does not go for good. After `stop`. Throws KAFKA_*. */
  leave(): Promise<void>;
}

const MOVED_COORDINATOR: ReadonlySet<string | undefined> = new Set([
  "NOT_COORDINATOR",
  "COORDINATOR_NOT_AVAILABLE",
  "COORDINATOR_LOAD_IN_PROGRESS",
]);

/** Forgets the group's coordinator when the error says that it is another one. */
export function noteCoordinator(
  options: Pick<MemberOptions, "connections" | "group">,
  error: unknown,
): void {
  if (!MOVED_COORDINATOR.has(refusalName(error))) return;
  options.connections.forgetCoordinator({ group: options.group });
}
