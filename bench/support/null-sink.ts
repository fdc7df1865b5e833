import { startChild } from "./child.ts";
import type { DocumentSummary } from "./document-check.ts";

/** What the null server does with the bodies of bulk requests. */
export type NullOptions =
  | { readonly mode: "drain" }
  | { readonly mode: "verify"; readonly rows: number }
  /** Answers only after `delayMs`, so that batches grow to the size that a busy server sees. */
  | { readonly mode: "record"; readonly path: string; readonly delayMs: number };

/** What a null server has taken. */
export interface NullStats {
  readonly requests: number;
  /** Bytes of bulk bodies; 0 in the mode that does not look at them. */
  readonly bytes: number;
  /** The server's own CPU time, µs. */
  readonly cpuUs: number;
  readonly documents: DocumentSummary | null;
}

/** A running null server. */
export interface NullSink extends AsyncDisposable {
  readonly url: string;
  stats(): Promise<NullStats>;
  /** Lets it stand still: it reads nothing and answers nothing for this time. Resolves when it goes on. */
  stall(ms: number): Promise<void>;
}

type NullMessage =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "stats"; readonly stats: NullStats }
  | { readonly kind: "resumed" };

/** Starts a null server (bench/null-elasticsearch.ts) on a free port. */
export async function openNullSink(options: NullOptions): Promise<NullSink> {
  const child = startChild<NullMessage>("../null-elasticsearch.ts", options);
  const { port } = await child.next("listening");
  return {
    url: `http://127.0.0.1:${port}`,
    stats: async () => {
      child.tell({ kind: "stats" });
      return (await child.next("stats")).stats;
    },
    stall: async (ms) => {
      child.tell({ kind: "stall", ms });
      await child.next("resumed");
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
