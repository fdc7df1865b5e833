import type { Chunk, ChunkDestination, ChunkWindow, TableLoad } from "../../core/load.ts";
import { DocumentBatch } from "./document-batch.ts";
import { hashPlace, type PlaceHash } from "./place-set.ts";
import type { DocumentEncoders } from "./table-documents.ts";

/** Tells the places of the documents that rows have, without looking at the documents. */
export class PlaceWalk implements ChunkDestination {
  readonly #encoders: DocumentEncoders;
  readonly #onPlace: (place: PlaceHash) => void;
  readonly #batch = new DocumentBatch();

  constructor(encoders: DocumentEncoders, onPlace: (place: PlaceHash) => void) {
    this.#encoders = encoders;
    this.#onPlace = onPlace;
  }

  open(load: TableLoad): ChunkWindow {
    return {
      write: (chunk) => {
        this.#walk(load, chunk);
        return Promise.resolve();
      },
      discard: () => {},
    };
  }

  #walk({ rules }: TableLoad, chunk: Chunk): void {
    for (const rule of rules) {
      const made = this.#encoders.of(rule, chunk.table);
      const batch = this.#batch;
      for (const bytes of chunk.buffers) {
        batch.reset();
        made.encode(bytes, [0, bytes.length], batch);
        eachPlace(batch, (_index, place) => this.#onPlace(place));
      }
    }
  }
}

/** Calls the function with the index and the place of every document of a batch. */
export function eachPlace(
  batch: DocumentBatch,
  each: (index: string, place: PlaceHash) => void,
): void {
  let name = "";
  let bytes = Buffer.alloc(0);
  for (let n = 0; n < batch.count; n++) {
    const { index } = batch.targetOf(n);
    if (index !== name) bytes = Buffer.from((name = index));
    each(index, hashPlace(bytes, batch.plainIdOf(n), batch.plainRoutingOf(n)));
  }
}
