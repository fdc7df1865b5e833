import { Backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import type { DeadLetter, DeadLetterStore } from "../core/dead-letter.ts";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { SinkTarget } from "./action-line.ts";
import type { Batch, BatchLimits } from "./batch.ts";
import type { HttpChannel } from "./client.ts";
import { letterOf, operationOf } from "./letter.ts";
import {
  classifyAnswer,
  classifyItem,
  type AnswerOutcome,
  type BulkError,
  type BulkItem,
} from "./outcome.ts";
import {
  actionAt,
  halve,
  requestBody,
  sizeOf,
  withFollowers,
  type Selection,
} from "./selection.ts";
import type { Counters } from "./counters.ts";

/** What a delivery needs of the sink around it. */
export interface DeliveryContext {
  readonly pipeline: string;
  readonly deadLetters: DeadLetterStore;
  readonly onReject: "dead_letter" | "stop";
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly counters: Counters;
  readonly limits: BatchLimits;
  readonly targets: readonly SinkTarget[];
  /** Creates a missing index again; false when it is not ours to create. Throws BULK_*. */
  recreate(index: string): Promise<boolean>;
  /** Why the lane waits now, or null when it does not. */
  onWaiting(why: string | null): void;
}

/** So many malformed actions without one that is accepted are not bad luck: the server refuses the form of our requests. */
const MALFORMED_LIMIT = 10;
/** What may be a race of mappings is sent again so often before it counts as refused. */
const RACE_TRIES = 5;
/** After so many lost connections on one request it is halved: some proxies cut large requests off without an answer. */
const LOST_BEFORE_HALVING = 3;
const SMALLEST_HALVED_BYTES = 256 * 1024;
/** A limit learnt from a 413 never falls below this. */
const SMALLEST_LIMIT_BYTES = 64 * 1024;

/**
 * Sends one batch until every action in it is closed: applied, in conflict, or stored as a dead letter. It works through a list of
 * selections of the batch, the first always being the oldest; whatever must be sent again goes back to the front, so actions of one
 * document never overtake each other. There is no limit to the attempts, and each wait is visible.
 */
export class Delivery {
  readonly #context: DeliveryContext;
  readonly #channel: HttpChannel;
  readonly #backoff: Backoff;
  #batch!: Batch;
  #work: Selection[] = [];
  /** Refused by a 400 for the whole request, alone; not stored before something else is accepted. */
  #malformed: DeadLetter[] = [];
  #lost = 0;
  #hasAccepted = false;

  constructor(context: DeliveryContext, channel: HttpChannel) {
    this.#context = context;
    this.#channel = channel;
    this.#backoff = new Backoff(context.clock);
  }

  /** True when everything in the batch is closed, false when the sink was closed meanwhile. Throws fatal TailraceErrors. */
  async deliver(batch: Batch): Promise<boolean> {
    const { signal } = this.#context;
    this.#batch = batch;
    this.#work = [{ kind: "run", from: 0, to: batch.count }];
    this.#malformed = [];
    this.#lost = 0;
    this.#hasAccepted = false;
    for (;;) {
      const selection = this.#work.shift();
      if (selection === undefined) break;
      await this.#attempt(selection);
      if (signal.aborted) return false;
    }
    await this.#store(this.#malformed);
    return !signal.aborted;
  }

  async #attempt(selection: Selection): Promise<void> {
    const { counters } = this.#context;
    const batch = this.#batch;
    const body = requestBody(batch, selection);
    const path = batch.opener!.path;
    const host = this.#channel.host;
    counters.requests += 1;
    counters.bytes += body.length;
    const result = await this.#channel.send({
      method: "POST",
      path,
      body,
      contentType: "application/x-ndjson",
    });
    if (result.kind === "answer") {
      const outcome = classifyAnswer(result.status, result.body, sizeOf(selection));
      if (result.status !== 200) batch.isTainted = true;
      return this.#conclude(selection, outcome, host);
    }
    batch.isTainted = true;
    if (result.kind === "aborted") return;
    this.#channel.rotate();
    if (result.kind === "lost") this.#lost += 1;
    if (this.#lost >= LOST_BEFORE_HALVING && body.length >= SMALLEST_HALVED_BYTES) {
      this.#lost = 0;
      this.#again(...splitOrSame(selection));
    } else {
      this.#again(selection);
    }
    await this.#wait(result.error.message);
  }

  /** Acts on an answer to the whole selection. */
  async #conclude(selection: Selection, outcome: AnswerOutcome, host: string): Promise<void> {
    switch (outcome.kind) {
      case "applied":
        this.#context.counters.applied += sizeOf(selection);
        return this.#accept();
      case "items":
        return this.#settleItems(selection, outcome.items, host);
      case "retry":
        this.#channel.rotate();
        this.#again(selection);
        return this.#wait(`${outcome.reason} from ${host}`);
      case "too_large":
        return this.#divideTooLarge(selection);
      case "malformed":
        return this.#divideMalformed(selection, outcome.error);
      case "denied":
        throw new TailraceError("BULK_ACCESS_DENIED", `POST ${host}/_bulk: ${outcome.reason}`);
    }
  }

  /** The server took a request: what failed before was the action's or the moment's fault. */
  async #accept(): Promise<void> {
    this.#hasAccepted = true;
    this.#lost = 0;
    this.#backoff.reset();
    this.#context.onWaiting(null);
    if (this.#malformed.length === 0) return;
    const letters = this.#malformed;
    this.#malformed = [];
    await this.#store(letters);
  }

  async #settleItems(
    selection: Selection,
    items: readonly BulkItem[],
    host: string,
  ): Promise<void> {
    const { counters, targets } = this.#context;
    const again = new Set<number>();
    const rejected: DeadLetter[] = [];
    const missing = new Set<string>();
    let why = "";
    let isTooLarge = false;
    for (const [i, item] of items.entries()) {
      const action = actionAt(selection, i);
      const target = targets[this.#batch.targets[action]!]!;
      const operation = operationOf(this.#batch, action);
      switch (classifyItem({ operation, versioned: target.isVersioned }, item)) {
        case "applied":
          counters.applied += 1;
          break;
        case "conflict":
          counters.conflicts += 1;
          break;
        case "race":
          if (this.#backoff.failures < RACE_TRIES) {
            again.add(i);
            why = `${item.error!.type} for index ${target.index} from ${host}`;
            break;
          }
          rejected.push(this.#letter(action, "DOCUMENT_REJECTED", item.error!));
          break;
        case "rejected":
          rejected.push(this.#letter(action, "DOCUMENT_REJECTED", item.error!));
          break;
        case "index_missing":
          missing.add(target.index);
          again.add(i);
          break;
        case "denied":
          throw new TailraceError(
            "BULK_ACCESS_DENIED",
            `${operation} on index ${target.index}: HTTP ${item.status}: ${item.error!.reason}`,
          );
        case "too_large":
          again.add(i);
          isTooLarge = true;
          break;
        case "retry":
        case null:
          again.add(i);
          why = `HTTP ${item.status}${item.error === undefined ? "" : ` ${item.error.type}`} for index ${target.index} from ${host}`;
      }
    }
    if (again.size < items.length) await this.#accept();
    await this.#store(rejected);
    if (again.size === 0) return;
    const rest = withFollowers(this.#batch, selection, (i) => again.has(i));
    if (isTooLarge) return this.#divideTooLarge(rest);
    this.#again(rest);
    for (const index of missing) {
      if (await this.#context.recreate(index)) continue;
      throw new TailraceError("BULK_INDEX_MISSING", `index ${index} does not exist`);
    }
    await this.#wait(why === "" ? `index ${[...missing].join(", ")} was missing` : why);
  }

  async #divideTooLarge(selection: Selection): Promise<void> {
    const { limits, logger } = this.#context;
    if (sizeOf(selection) === 1) {
      const reason = "the server does not take this action alone";
      const error = { type: "request_too_large", reason };
      return this.#store([this.#letter(actionAt(selection, 0), "DOCUMENT_TOO_LARGE", error)]);
    }
    const bytes = requestBody(this.#batch, selection).length;
    const limit = Math.max(SMALLEST_LIMIT_BYTES, bytes >> 1);
    if (limit < limits.maxBytes) {
      limits.maxBytes = limit;
      logger.warn({ bytes, limit }, "requests are too large for the server; set sink.max_bytes");
    }
    this.#again(...halve(selection));
  }

  async #divideMalformed(selection: Selection, error: BulkError): Promise<void> {
    if (sizeOf(selection) > 1) return this.#again(...halve(selection));
    this.#malformed.push(this.#letter(actionAt(selection, 0), "DOCUMENT_REJECTED", error));
    if (this.#hasAccepted) return this.#accept();
    if (this.#malformed.length < MALFORMED_LIMIT) return;
    throw new TailraceError(
      "BULK_INDEX_UNUSABLE",
      `every bulk request is refused as a whole: ${error.type}: ${error.reason}`,
    );
  }

  #again(...selections: readonly Selection[]): void {
    for (const selection of selections) this.#context.counters.retries += sizeOf(selection);
    this.#work.unshift(...selections);
  }

  async #wait(why: string): Promise<void> {
    const { clock, logger, signal } = this.#context;
    const delayMs = Math.round(this.#backoff.next());
    const tries = this.#backoff.failures;
    this.#context.onWaiting(`${why}, try ${tries}`);
    // Louder the longer it lasts; at the greatest delay once a minute.
    if (tries < 3) logger.debug({ delayMs, tries }, why);
    else if (tries < 8) logger.warn({ delayMs, tries }, why);
    else if (tries % 8 === 0) logger.error({ delayMs, tries }, why);
    await clock.sleep(delayMs, signal);
  }

  #letter(action: number, code: "DOCUMENT_REJECTED" | "DOCUMENT_TOO_LARGE", error: BulkError) {
    const target = this.#context.targets[this.#batch.targets[action]!]!;
    const { clock, pipeline } = this.#context;
    const at = new Date(clock.now()).toISOString();
    return letterOf(this.#batch, action, { at, pipeline, code, error, target });
  }

  /** Keeps rejected actions, as long as it takes. With `onReject` = stop that is the end. */
  async #store(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    const { counters, deadLetters, logger, onReject, signal } = this.#context;
    for (;;) {
      try {
        await deadLetters.store(letters);
        break;
      } catch (error) {
        const failure = asTailraceError(error);
        if (failure.disposition !== "retry") throw failure;
        await this.#wait(`dead letters: ${failure.message}`);
        if (signal.aborted) return;
      }
    }
    counters.rejected += letters.length;
    this.#context.onWaiting(null);
    const { code, error, id, index } = letters[0]!;
    const type = (error as BulkError).type;
    if (onReject === "dead_letter") {
      logger.warn({ count: letters.length, code, type, id, index }, "stored dead letters");
      return;
    }
    throw new TailraceError(
      code as "DOCUMENT_REJECTED",
      `document ${id} of index ${index}: ${type}; the dead letter has the reason`,
    );
  }
}

function splitOrSame(selection: Selection): Selection[] {
  return sizeOf(selection) > 1 ? halve(selection) : [selection];
}
