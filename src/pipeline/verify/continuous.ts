import { Backoff } from "../../core/backoff.ts";
import type { Clock } from "../../core/clock.ts";
import { asTailraceError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { type Difference, DIFFERENCE_KINDS, type DifferenceKind } from "./difference.ts";
import type { OpenVerification } from "./open-verification.ts";
import type { VerifyResult } from "./verify-result.ts";
import type { Drift, PassResult, VerifyStatus } from "./verify-status.ts";

/** What comparing without end takes. */
export interface ContinuousVerifyOptions {
  /** Opens a comparison of everything, as the rules are now. */
  readonly open: (signal: AbortSignal) => Promise<OpenVerification>;
  /** May it begin now? Not while tables are being loaded, say. */
  readonly mayBegin: () => boolean;
  /** Another number when other rules are in force: a pass that saw both says nothing. */
  readonly ruleVersion: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Between two passes, ms: small tables are not read without a pause. */
const PAUSE_MS = 1_000;
/** So many failures in a row are no more than a moment's trouble. */
const FEW_FAILURES = 4;

/** Compares all documents with their rows, over and over, until it is closed. What it finds is told, and repaired by nobody. */
export class ContinuousVerify implements AsyncDisposable {
  readonly #options: ContinuousVerifyOptions;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #pass = 0;
  #rowsBefore = 0;
  #startedAt: string | null = null;
  #lastPass: PassResult | null = null;
  #current: OpenVerification | null = null;
  #isDrifting = false;

  /** Begins. */
  constructor(options: ContinuousVerifyOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  status(): VerifyStatus {
    return {
      pass: this.#pass,
      rows: this.#rowsBefore + this.#currentRows,
      startedAt: this.#startedAt,
      lastPass: this.#lastPass,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  get #currentRows(): number {
    const tables = this.#current?.verification.tables ?? [];
    return tables.reduce((sum, { rows }) => sum + rows, 0);
  }

  async #run(): Promise<void> {
    const { clock, logger, mayBegin } = this.#options;
    const { signal } = this.#ending;
    const backoff = new Backoff(clock);
    while (!signal.aborted) {
      await clock.sleep(PAUSE_MS, signal);
      if (signal.aborted || !mayBegin()) continue;
      try {
        await this.#runPass(signal);
        backoff.reset();
      } catch (cause) {
        if (signal.aborted) return;
        const error = asTailraceError(cause);
        const retryInMs = Math.round(backoff.next());
        logger[backoff.failures > FEW_FAILURES ? "warn" : "info"](
          { err: error, retryInMs },
          "documents could not be compared with their rows; trying again",
        );
        await clock.sleep(retryInMs, signal);
      } finally {
        this.#rowsBefore += this.#currentRows;
        this.#current = null;
        this.#startedAt = null;
      }
    }
  }

  async #runPass(signal: AbortSignal): Promise<void> {
    const { open, clock, ruleVersion } = this.#options;
    const version = ruleVersion();
    this.#pass += 1;
    this.#startedAt = new Date(clock.now()).toISOString();
    await using current = await open(signal);
    this.#current = current;
    const result = await current.verification.run();
    if (signal.aborted || version !== ruleVersion()) return;
    this.#lastPass = passResult(result, new Date(clock.now()).toISOString());
    this.#tell(result);
  }

  #tell({ counts, differences, failures }: VerifyResult): void {
    const { logger } = this.#options;
    for (const { table, error } of failures)
      logger.warn({ table, error }, "a table could not be compared with its documents");
    const isDrifting = DIFFERENCE_KINDS.some((kind) => counts[kind] > 0);
    if (isDrifting && !this.#isDrifting)
      logger.warn(
        { ...counts, first: differences.map(briefly) },
        "documents differ from their rows: `tailrace verify --repair` writes them",
      );
    if (!isDrifting && this.#isDrifting) logger.info({}, "documents agree with their rows again");
    this.#isDrifting = isDrifting;
  }
}

function passResult(result: VerifyResult, finishedAt: string): PassResult {
  const { counts, tables, indices, unsettled } = result;
  const drift = new Map<string, Record<DifferenceKind, number>>();
  const of = (rule: string): Record<DifferenceKind, number> => {
    let found = drift.get(rule);
    if (found === undefined)
      drift.set(rule, (found = { missing: 0, stale: 0, different: 0, extra: 0 }));
    return found;
  };
  for (const each of tables) {
    const found = of(each.rule);
    for (const kind of ["missing", "stale", "different"] as const) found[kind] += each[kind];
  }
  // of an index with several writers the first one stands for them
  for (const { rules, extra } of indices) if (rules[0] !== undefined) of(rules[0]).extra += extra;
  return {
    ...counts,
    finishedAt,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    unsettled,
    byRule: [...drift].flatMap(([rule, found]) =>
      DIFFERENCE_KINDS.map((kind): Drift => ({ rule, kind, documents: found[kind] })),
    ),
  };
}

function briefly({ kind, index, id }: Difference): string {
  return `${kind} ${index}/${id}`;
}
