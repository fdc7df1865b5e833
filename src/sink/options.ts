import type { Clock } from "../core/clock.ts";
import type { DeadLetterStore } from "../core/dead-letter.ts";
import type { Logger } from "../core/logger.ts";

/** How we prove who we are. Never logged. */
export type Authentication =
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  /** The encoded form that Elasticsearch hands out (base64 of `id:key`). */
  | { readonly kind: "apiKey"; readonly key: string }
  | { readonly kind: "bearer"; readonly token: string };

/** Transport security. Certificates are verified unless `insecure` says otherwise. */
export interface TlsOptions {
  /** Certificates of the authorities to trust, PEM. Without it those of the system. */
  readonly ca?: string | undefined;
  /** Accept any certificate. */
  readonly insecure?: boolean | undefined;
}

/** Where Elasticsearch or OpenSearch is and how to get in. */
export interface ConnectionOptions {
  /** `http(s)://host:port[/prefix]`, one or more nodes of one cluster. A user and password in the URL are basic authentication. */
  readonly hosts: readonly string[];
  readonly auth?: Authentication | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Longest time for one request, connecting excluded. Default 90,000: above the minute that the server waits for a shard. */
  readonly requestTimeoutMs?: number | undefined;
}

/** Settings of {@link openSink}. */
export interface SinkOptions extends ConnectionOptions {
  /** Name of the pipeline, for dead letters and logs. */
  readonly pipeline: string;
  /** Where rejected actions go. Stays the caller's: the sink does not close it. */
  readonly deadLetters: DeadLetterStore;
  /** Stored under `_meta.tailrace` of indices that we create (epoch, server uuid…). */
  readonly indexMeta?: Readonly<Record<string, unknown>> | undefined;
  /** Bulk requests in flight at most, one a lane. Default 2. */
  readonly lanes?: number | undefined;
  /** Actions in one bulk request at most. Default 10,000. */
  readonly maxActions?: number | undefined;
  /** Bytes in one bulk request at which it is closed; the last action may exceed it. Default 2 MiB. */
  readonly maxBytes?: number | undefined;
  /** Longest time that an action waits for its lane to be sent while the lane is idle. Default 200. */
  readonly flushIntervalMs?: number | undefined;
  /** What a rejected action does: go to the dead letters, or go there and stop the sink. Default `dead_letter`. */
  readonly onReject?: "dead_letter" | "stop" | undefined;
  readonly clock?: Clock | undefined;
  readonly logger: Logger;
}
