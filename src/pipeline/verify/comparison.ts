import type {
  Chunk,
  ChunkDestination,
  ChunkTable,
  ChunkWindow,
  KeyLiterals,
  TableLoad,
} from "../../core/load.ts";
import { tableName } from "../../core/schema.ts";
import { keyOfRow } from "../../mysql/key-values.ts";
import type { HttpChannel } from "../../sink/client.ts";
import type { Candidate } from "./candidate.ts";
import { compareHeld, stateOf } from "./difference.ts";
import { DocumentBatch } from "./document-batch.ts";
import { fetchBatch } from "./fetch-documents.ts";
import type { FoundDocument, HeldDocument } from "./get-answer.ts";
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
    const { batch, channel } = tools;
    const found: (() => Promise<void>)[] = [];
    for (const rule of load.rules) {
      const made = encoders.of(rule, chunk.table);
      batch.reset();
      let failed = 0;
      for (const bytes of chunk.buffers) failed += made.encode(bytes, [0, bytes.length], batch);
      const documents = batch.count;
      this.#note(batch);
      const held = await fetchBatch(channel, batch);
      const candidates = this.#candidates(table, { made, chunk, batch, held });
      // a chunk that fails is read and compared again: only as a whole it counts
      found.push(() => {
        const counts = this.#countsOf(rule, table);
        counts.rows += chunk.rows;
        counts.documents += documents;
        counts.failed += failed;
        return this.#options.onCandidates(candidates);
      });
    }
    this.#idle.push(tools);
    await Promise.all(found.map((count) => count()));
  }

  #note(batch: DocumentBatch): void {
    const { places } = this.#options;
    eachPlace(batch, (index, place) => {
      this.#indices.add(index);
      places?.add(place);
    });
  }

  #candidates(table: string, compared: ComparedChunk): readonly Candidate[] {
    const { made, batch, held } = compared;
    const differing = new Set<number>();
    for (const [n, one] of held.entries())
      if (one.kind !== "document" || !this.#isAsExpected(compared, n, one)) differing.add(n);
    if (differing.size === 0) return [];
    const verified = this.#options.tables.get(table)!;
    const { table: walked } = verified;
    const isNamed = isFoundById(verified, made.rule);
    const rule = made.rule.config.name;
    return [...rowsOf(compared, differing, walked)].map(({ n, key, literals }): Candidate => ({
      ...batch.placeOf(n),
      makers: [{ table: walked, rule, key: literals }],
      isNamed,
      key,
      seen: stateOf(held[n]!),
      low: compared.chunk.low,
    }));
  }

  #isAsExpected({ batch, made }: ComparedChunk, n: number, held: FoundDocument): boolean {
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

interface ComparedChunk {
  readonly made: TableDocuments;
  readonly chunk: Chunk;
  readonly batch: DocumentBatch;
  readonly held: readonly HeldDocument[];
}

/** The rows that made the documents of these numbers: they are made once more, row by row, and counted. */
function* rowsOf(
  { made, chunk }: ComparedChunk,
  wanted: ReadonlySet<number>,
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
