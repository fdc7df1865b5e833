import type { BulkOperation } from "./action-line.ts";

/** An item of a bulk answer under its operation's name. */
export interface BulkItem {
  readonly status: number;
  readonly error?: BulkError | undefined;
}

/** Elasticsearch's description of a failure, as far as we read it. */
export interface BulkError {
  readonly type: string;
  readonly reason: string;
}

/** The operation, and whether it carried a version. */
export interface SentAction {
  readonly operation: BulkOperation;
  readonly versioned: boolean;
}

/**
 * What became of one action. `conflict`: a newer version is there, which is success. `retry`: send it again. `rejected`: never will be
 * accepted. `race`: perhaps never, perhaps at once when sent again. `too_large`: not in this company, and never if alone. `index_missing`, `denied`: a matter of the index or of our rights, not of this action.
 */
export type ItemOutcome =
  | "applied"
  | "conflict"
  | "retry"
  | "rejected"
  | "race"
  | "too_large"
  | "index_missing"
  | "denied";

/** Error types that decide whatever status they come with (a block is 403 or 429, a closed index 400). */
const OUTCOME_BY_TYPE: ReadonlyMap<string, ItemOutcome> = new Map([
  ["es_rejected_execution_exception", "retry"],
  ["rejected_execution_exception", "retry"],
  ["opensearch_rejected_execution_exception", "retry"],
  ["circuit_breaking_exception", "retry"],
  ["unavailable_shards_exception", "retry"],
  ["no_shard_available_action_exception", "retry"],
  ["primary_missing_action_exception", "retry"],
  ["retry_on_primary_exception", "retry"],
  ["retry_on_replica_exception", "retry"],
  ["replication_operation_exception", "retry"],
  ["shard_not_found_exception", "retry"],
  ["shard_not_in_primary_mode_exception", "retry"],
  ["index_shard_closed_exception", "retry"],
  ["illegal_index_shard_state_exception", "retry"],
  ["index_shard_not_started_exception", "retry"],
  ["index_shard_recovering_exception", "retry"],
  ["already_closed_exception", "retry"],
  ["engine_closed_exception", "retry"],
  ["cluster_block_exception", "retry"],
  ["index_closed_exception", "retry"],
  ["index_primary_shard_not_allocated_exception", "retry"],
  ["master_not_discovered_exception", "retry"],
  ["cluster_manager_not_discovered_exception", "retry"],
  ["not_master_exception", "retry"],
  ["not_cluster_manager_exception", "retry"],
  ["process_cluster_event_timeout_exception", "retry"],
  ["failed_to_commit_cluster_state_exception", "retry"],
  ["timeout_exception", "retry"],
  ["receive_timeout_transport_exception", "retry"],
  ["node_closed_exception", "retry"],
  ["node_disconnected_exception", "retry"],
  ["node_not_connected_exception", "retry"],
  ["connect_transport_exception", "retry"],
  ["send_request_transport_exception", "retry"],
  ["task_cancelled_exception", "retry"],
  ["index_not_found_exception", "index_missing"],
  ["security_exception", "denied"],
] as const);

/**
 * `illegal_argument_exception` is used for bad documents and for states of the whole index alike. These reasons are the latter: they
 * pass when an operator has acted, and would otherwise send every document to the dead letters.
 */
const WAITING_REASONS = [
  /no write index is defined for alias/,
  /number of documents in the (index|shard)/,
  /only write ops with an op_type of create are allowed in data streams/,
  /this action would add \[\d+\] (total )?shards/,
];

/**
 * The mapping changed while the document was parsed, usually by another document; sent again it passes or is refused for what it is. (A
 * document that contradicts itself, `[1, "x"]` under dynamic mapping, gets this answer every time.)
 */
const RACE = /^mapper \[.*\] cannot be changed from type/;

/** Classifies one item of a bulk answer. An item without a usable status is null: the answer is not understood. */
export function classifyItem(action: SentAction, item: BulkItem): ItemOutcome | null {
  const { status, error } = item;
  if (error !== undefined) return classifyError(action, status, error);
  if (status >= 200 && status < 300) return "applied";
  // A delete of what is not there is answered 404 without an error.
  if (status === 404 && action.operation === "delete") return "applied";
  return null;
}

function classifyError(action: SentAction, status: number, error: BulkError): ItemOutcome | null {
  if (exceedsServer(error)) return "too_large";
  // fields that are to be taken back from a document that is not there: the upsert that makes documents never gets this answer
  if (action.operation === "update" && error.type === "document_missing_exception")
    return "applied";
  const byType = OUTCOME_BY_TYPE.get(error.type);
  if (byType !== undefined) return byType;
  // Without our version a conflict is a race with another writer.
  if (status === 409) return action.versioned ? "conflict" : "retry";
  if (RACE.test(error.reason)) return "race";
  if (WAITING_REASONS.some((reason) => reason.test(error.reason))) return "retry";
  if (status === 429 || status === 408 || (status >= 500 && status < 600)) return "retry";
  if (status === 401 || status === 403) return "denied";
  if (status >= 400 && status < 500) return "rejected";
  return null;
}

/**
 * A node takes so many bytes of indexing at a time. "Rejected execution of primary operation […, primary_operation_bytes=180000032, max_primary_bytes=107374182]":
 * this operation alone is more, waiting does not help.
 */
function exceedsServer({ type, reason }: BulkError): boolean {
  if (!type.endsWith("rejected_execution_exception")) return false;
  const [, bytes, most] = /_operation_bytes=(\d+), max_\w+_bytes=(\d+)/.exec(reason) ?? [];
  return bytes !== undefined && Number(bytes) > Number(most);
}

/** What a whole bulk answer says. */
export type AnswerOutcome =
  /** Every action is applied. */
  | { readonly kind: "applied" }
  /** As many items as actions were sent, in their order. */
  | { readonly kind: "items"; readonly items: readonly BulkItem[] }
  /** Nothing can be concluded, or the server asks to wait: send all of it again. */
  | { readonly kind: "retry"; readonly reason: string }
  | { readonly kind: "too_large" }
  /** The request could not be parsed: at least one action in it is malformed. */
  | { readonly kind: "malformed"; readonly error: BulkError }
  | { readonly kind: "denied"; readonly reason: string };

/**
 * Classifies the answer to a bulk request of `count` actions. Success is what says so in the form that we asked for; anything unknown
 * (a proxy's page, a cut body, another number of items) is `retry`, since repeating is harmless.
 */
export function classifyAnswer(status: number, body: Buffer, count: number): AnswerOutcome {
  if (status === 200) return classifyOk(body, count);
  if (status === 413) return { kind: "too_large" };
  const error = parseError(body);
  if (error !== null && exceedsServer(error)) return { kind: "too_large" };
  const reason = `HTTP ${status}${error === null ? "" : ` ${error.type}`}`;
  if (status === 401 || status === 403) {
    if (error !== null && OUTCOME_BY_TYPE.get(error.type) === "retry")
      return { kind: "retry", reason };
    const detail = error === null ? "" : `: ${error.reason}`;
    return { kind: "denied", reason: reason + detail };
  }
  // An error that is only a string ("no handler found for uri") is about the request's address, not its content.
  if (status === 400 && error !== null && error.type !== UNKNOWN_TYPE) {
    if (OUTCOME_BY_TYPE.get(error.type) !== "retry") return { kind: "malformed", error };
  }
  return { kind: "retry", reason };
}

/** A success as Elasticsearch writes it, with or without `filter_path`: `{"took":3,"errors":false,`. */
const APPLIED = /^\{("(took|ingest_took)":\d+,)*"errors":false[,}]/;
const CLOSING_BRACE = 0x7d;

function classifyOk(body: Buffer, count: number): AnswerOutcome {
  if (body.at(-1) === CLOSING_BRACE && APPLIED.test(body.toString("latin1", 0, 80))) {
    return { kind: "applied" };
  }
  const answer = parseObject(body);
  if (answer === null) return notUnderstood("is not JSON");
  if (answer["errors"] === false) return { kind: "applied" };
  if (answer["errors"] !== true || !Array.isArray(answer["items"])) {
    return notUnderstood("is not a bulk answer");
  }
  if (answer["items"].length !== count) {
    return notUnderstood(`has ${answer["items"].length} items for ${count} actions`);
  }
  const items: BulkItem[] = [];
  for (const entry of answer["items"]) {
    const item = parseItem(entry);
    if (item === null) return notUnderstood("has an item without a status");
    items.push(item);
  }
  return { kind: "items", items };
}

function notUnderstood(what: string): AnswerOutcome {
  return { kind: "retry", reason: `HTTP 200, but the body ${what}` };
}

/** `{"index":{"status":…,"error":…}}` */
function parseItem(entry: unknown): BulkItem | null {
  if (!isRecord(entry)) return null;
  const item = Object.values(entry)[0];
  if (!isRecord(item) || typeof item["status"] !== "number") return null;
  const error = item["error"];
  if (error === undefined) return { status: item["status"] };
  return { status: item["status"], error: asError(error) };
}

/** The `error` of a JSON answer that failed as a whole; null when the body is something else. */
export function parseError(body: Buffer): BulkError | null {
  const answer = parseObject(body);
  const error = answer?.["error"];
  return error === undefined ? null : asError(error);
}

const UNKNOWN_TYPE = "unknown";

/** Keeps the whole object (dead letters hold it verbatim) and makes sure of what we read. Old servers and proxies send a string. */
function asError(error: unknown): BulkError {
  if (isRecord(error) && typeof error["type"] === "string") {
    const reason = error["reason"];
    return { ...error, type: error["type"], reason: typeof reason === "string" ? reason : "" };
  }
  return { type: UNKNOWN_TYPE, reason: typeof error === "string" ? error : JSON.stringify(error) };
}

function parseObject(body: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
