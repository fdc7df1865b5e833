import type {
  Chunk,
  ChunkDestination,
  ChunkTable,
  ChunkWindow,
  KeyLiterals,
  TableLoad,
} from "../../core/load.ts";
import { freeBuffers } from "../../core/free-buffers.ts";
import { tableName } from "../../core/schema.ts";
import { keyOfRow } from "../../mysql/key-values.ts";
import type { HttpChannel } from "../../sink/client.ts";
import type { Candidate } from "./candidate.ts";
import { compareHeld, type DocumentState, stateOf } from "./difference.ts";
import { DocumentBatch, type DocumentPlace } from "./document-batch.ts";
import { fetchBatch } from "./fetch-documents.ts";
import type { FoundDocument } from "./get-answer.ts";
import { compileKeyReader } from "./key-reader.ts";
import { isFoundById } from "./makers.ts";
import { hashPlace, PlaceSet } from "./place-set.ts";
import { eachPlace } from "./place-walk.ts";
import type { DocumentEncoders, TableDocuments } from "./table-documents.ts";
import { createCounts, type TableCounts, type VerifiedTable } from "./verified-table.ts";

/** What comparing chunks takes. */
export interface ComparisonOptions {
  /** By `database.table`. */
  readonly tables: ReadonlyMap<string, VerifiedTable>;
  readonly encoders: DocumentEncoders;
  /** Takes the places of all documents that rows have; null = nobody wants to know. */
  readonly places: PlaceSet | null;
  readonly openChannel: () => HttpChannel;
  /** Takes documents that may differ; resolves when there is room for more. */
  readonly onCandidates: (candidates: readonly Candidate[]) => Promise<void>;
}

/** Compares the rows of chunks with their documents, in the place of writing them. What may differ is made sure of later. */
export class Comparison implements ChunkDestination {
  readonly #options: ComparisonOptions;
  readonly #counts = new Map<string, TableCounts>();
  readonly #indices = new Set<string>();
  readonly #misrouted = new PlaceSet({ most: Number.POSITIVE_INFINITY });
  readonly #idle: { readonly batch: DocumentBatch; readonly channel: HttpChannel }[] = [];

  constructor(options: ComparisonOptions) {
    this.#options = options;
    for (const [name, { rules }] of options.tables)
      for (const { config } of rules) this.#countsOf(config.name, name);
  }

  /** What was found so far, by rule and table. */
  get counts(): readonly TableCounts[] {
    return [...this.#counts.values()];
  }

  countsOf(rule: string, table: string): TableCounts {
    return this.#countsOf(rule, table);
  }

  /** Indices that rows have documents in. */
  get indices(): ReadonlySet<string> {
    return this.#indices;
  }

  /** Places of documents that were found where their rows look for them, though with another routing: they are no other documents. */
  get misrouted(): PlaceSet {
    return this.#misrouted;
  }

  open(load: TableLoad): ChunkWindow {
    return { write: (chunk) => this.#compare(load, chunk), discard: () => {} };
  }

  async #compare(load: TableLoad, chunk: Chunk): Promise<void> {
    const { openChannel, encoders } = this.#options;
    const table = tableName(load);
    const tools = this.#idle.pop() ?? { batch: new DocumentBatch(), channel: openChannel() };
    const found: (() => Promise<void>)[] = [];
    try {
      for (const rule of load.rules) {
        const made = encoders.of(rule, chunk.table);
        const { documents, failed, differing } = await this.#differing({ made, chunk, ...tools });
        const candidates = this.#candidates(table, { made, chunk, differing });
        // a chunk that fails is read and compared again: only as a whole it counts
        found.push(() => {
          const counts = this.#countsOf(rule, table);
          counts.rows += chunk.rows;
          counts.documents += documents;
          counts.failed += failed;
          return this.#options.onCandidates(candidates);
        });
      }
    } finally {
      this.#idle.push(tools);
    }
    freeBuffers(chunk.buffers);
    await Promise.all(found.map((count) => count()));
  }

  /** Fetches and compares documents page by page: those of a whole chunk, of all chunks that are compared at a time, would be most of the memory. */
  async #differing({ made, chunk, batch, channel }: ComparingChunk): Promise<ComparedChunk> {
    const differing = new Map<number, DifferingDocument>();
    let documents = 0;
    let failed = 0;
    for (const failedRows of makePages(made, chunk, batch)) {
      failed += failedRows;
      this.#note(batch);
      for await (const { first, held } of fetchBatch(channel, batch))
        for (const [i, one] of held.entries()) {
          const n = first + i;
          if (one.kind === "document" && this.#isAsExpected({ made, batch }, n, one)) continue;
          differing.set(documents + n, { place: batch.placeOf(n), seen: stateOf(one) });
        }
      documents += batch.count;
    }
    return { documents, failed, differing };
  }

  #note(batch: DocumentBatch): void {
    const { places } = this.#options;
    eachPlace(batch, (index, place) => {
      this.#indices.add(index);
      places?.add(place);
    });
  }

  #candidates(
    table: string,
    { made, chunk, differing }: Pick<ComparedChunk, "differing"> & RowsOfChunk,
  ): readonly Candidate[] {
    if (differing.size === 0) return [];
    const verified = this.#options.tables.get(table)!;
    const { table: walked } = verified;
    const isNamed = isFoundById(verified, made.rule);
    const rule = made.rule.config.name;
    return [...rowsOf({ made, chunk }, differing, walked)].map(({ n, key, literals }) => {
      const { place, seen } = differing.get(n)!;
      const makers = [{ table: walked, rule, key: literals }];
      return { ...place, makers, isNamed, key, seen, low: chunk.low };
    });
  }

  #isAsExpected(
    { made, batch }: Pick<ComparingChunk, "made" | "batch">,
    n: number,
    held: FoundDocument,
  ): boolean {
    const routing = batch.plainRoutingOf(n).toString("utf8") || null;
    const { comparing } = made;
    if (held.routing !== routing) {
      const index = Buffer.from(batch.targetOf(n).index);
      const found = Buffer.from(held.routing ?? "");
      this.#misrouted.add(hashPlace(index, batch.plainIdOf(n), found));
    }
    return compareHeld({ document: batch.documentOf(n), routing, comparing }, held).length === 0;
  }

  #countsOf(rule: string, table: string): TableCounts {
    const key = JSON.stringify([rule, table]);
    let counts = this.#counts.get(key);
    if (counts === undefined) this.#counts.set(key, (counts = createCounts(rule, table)));
    return counts;
  }
}

interface RowsOfChunk {
  readonly made: TableDocuments;
  readonly chunk: Chunk;
}

interface ComparingChunk extends RowsOfChunk {
  readonly batch: DocumentBatch;
  readonly channel: HttpChannel;
}

interface ComparedChunk {
  readonly documents: number;
  /** Rows on which the rule fails. */
  readonly failed: number;
  /** By number, counted over the chunk. */
  readonly differing: ReadonlyMap<number, DifferingDocument>;
}

interface DifferingDocument {
  readonly place: DocumentPlace;
  readonly seen: DocumentState | null;
}

/** Rows whose documents are made at once: those of one request. */
const PAGE_ROWS = 500;

/** Fills the batch with the documents of some rows at a time; yields on how many of these the rule has failed. */
function* makePages(
  made: TableDocuments,
  { buffers }: Chunk,
  batch: DocumentBatch,
): Generator<number> {
  let rows = 0;
  let failed = 0;
  batch.reset();
  for (const bytes of buffers)
    for (let at = 0; at < bytes.length;) {
      let end = at;
      for (; end < bytes.length && rows < PAGE_ROWS; rows++) end = made.rowEnd(bytes, end);
      failed += made.encode(bytes, [at, end], batch);
      at = end;
      if (rows < PAGE_ROWS) continue;
      yield failed;
      batch.reset();
      rows = failed = 0;
    }
  if (rows > 0) yield failed;
}

/** The rows that made the documents of these numbers: they are made once more, row by row, and counted. */
function* rowsOf(
  { made, chunk }: RowsOfChunk,
  wanted: ReadonlyMap<number, unknown>,
  walked: ChunkTable,
): Generator<{
  readonly n: number;
  readonly key: Readonly<Record<string, string>>;
  readonly literals: KeyLiterals;
}> {
  const names = walked.keyColumns.map((column) => walked.schema.columns[column]!.name);
  const readKey = compileKeyReader(chunk.table, walked.keyColumns);
  const batch = new DocumentBatch();
  let n = 0;
  for (const bytes of chunk.buffers)
    for (let at = 0; at < bytes.length;) {
      const end = made.rowEnd(bytes, at);
      batch.reset();
      made.encode(bytes, [at, end], batch);
      for (let i = 0; i < batch.count; i++, n++) {
        if (!wanted.has(n)) continue;
        const values = readKey(bytes, at, end);
        yield {
          n,
          key: Object.fromEntries(names.map((name, part) => [name, values[part]!])),
          literals: keyOfRow(walked, bytes, at),
        };
      }
      at = end;
    }
}
