import type { RecordTable } from "./record-table.ts";

/** What a definition came to: null = its rows are not captured. */
export type FoundTable = RecordTable | null;

/** Places in a record's bytes, start and end of one part after another; a start of -1 = the part is not there. */
export type Parts = readonly number[];

interface Entry {
  readonly parts: readonly (Buffer | null)[];
  readonly found: FoundTable;
}

/** More definitions than a stream has at a time: when they change often, old ones go. */
const MAX_ENTRIES = 256;
const MAX_IDS = 4096;

/** Tables by the bytes or the id that define them in records, so that one definition is read, and its encoder compiled, once. */
export class DefinitionCache {
  readonly #byId = new Map<string, FoundTable>();
  /** The one used last comes first: records of one table mostly follow each other. */
  readonly #entries: Entry[] = [];

  /** The table of a schema's id; undefined = it was not seen. */
  knownId(id: string): FoundTable | undefined {
    return this.#byId.get(id);
  }

  /** Keeps what a schema's id stands for. */
  keepId(id: string, found: FoundTable): void {
    if (this.#byId.size >= MAX_IDS) this.#byId.clear();
    this.#byId.set(id, found);
  }

  /** Forgets everything. */
  clear(): void {
    this.#byId.clear();
    this.#entries.length = 0;
  }

  /** The table that these parts of a record define; undefined = they were not seen. */
  known(b: Buffer, parts: Parts): FoundTable | undefined {
    const index = this.#entries.findIndex((entry) => isSame(entry.parts, b, parts));
    const entry = this.#entries[index];
    if (entry === undefined || index === 0) return entry?.found;
    this.#entries.splice(index, 1);
    this.#entries.unshift(entry);
    return entry.found;
  }

  /** Keeps what these parts, which are copied, define. */
  keep(b: Buffer, parts: Parts, found: FoundTable): void {
    this.#entries.unshift({ parts: copyParts(b, parts), found });
    if (this.#entries.length > MAX_ENTRIES) this.#entries.pop();
  }
}

function isSame(known: Entry["parts"], b: Buffer, parts: Parts): boolean {
  return known.every((bytes, i) => {
    const start = parts[2 * i]!;
    if (bytes === null || start < 0) return bytes === null && start < 0;
    const end = parts[2 * i + 1]!;
    return end - start === bytes.length && bytes.compare(b, start, end) === 0;
  });
}

function copyParts(b: Buffer, parts: Parts): (Buffer | null)[] {
  return Array.from({ length: parts.length / 2 }, (_, i) =>
    parts[2 * i]! < 0 ? null : Buffer.from(b.subarray(parts[2 * i], parts[2 * i + 1])),
  );
}
