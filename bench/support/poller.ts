import { startChild } from "./child.ts";
import type { UsageMark } from "./process-usage.ts";

/** What a poller is told. */
export interface PollerOptions {
  readonly mysqlUrl: string;
  readonly table: string;
  readonly elasticsearchUrl: string;
  readonly index: string;
  /** Each poll begins so many seconds before the end of the last one; null: behind it. */
  readonly overlapS: number | null;
}

/** A row that Elasticsearch has taken: id, the value of `qty`, and when, ms since 1970. */
export type PollAcknowledgement = readonly [id: number, qty: number, atMs: number];

/** What it reports. */
export type PollerMessage =
  | ({ readonly kind: "caught-up" } & CaughtUp)
  | {
      readonly kind: "done";
      /** Since it had caught up. */
      readonly acknowledged: readonly PollAcknowledgement[];
      readonly peakMemoryMb: number;
    };

/** The first poll, of all rows. */
export interface CaughtUp {
  readonly rows: number;
  readonly first: UsageMark;
  readonly last: UsageMark;
}

/** A poller at work (support/poll-child.ts). */
export interface Poller extends AsyncDisposable {
  /** Resolves when the rows that were there are copied. */
  caughtUp(): Promise<CaughtUp>;
  /** Lets it poll a few times more, then end. */
  finish(): Promise<Extract<PollerMessage, { kind: "done" }>>;
}

/** Starts a poller in a process of its own. */
export function startPoller(options: PollerOptions): Poller {
  const child = startChild<PollerMessage>("./poll-child.ts", options);
  return {
    caughtUp: () => child.next("caught-up"),
    finish: () => {
      child.tell({ kind: "finish" });
      return child.next("done");
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
