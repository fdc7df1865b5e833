/** What a verifying run has seen. */
export interface DocumentSummary {
  readonly actions: number;
  /** Different ids among those expected. */
  readonly distinct: number;
  /** Ids outside 1 to `rows`, or that are not the `id` of their document. */
  readonly unexpected: number;
}

const ID = /^\{"index":\{.*"_id":"(\d+)"\}\}$/;
const DOCUMENT = /^\{.*"id":(\d+)[,}]/;

/** Reads bulk bodies of index actions and marks the document ids 1 to `rows`. */
export class DocumentCheck {
  readonly #seen: Uint8Array;
  #actions = 0;
  #distinct = 0;
  #unexpected = 0;

  constructor(rows: number) {
    this.#seen = new Uint8Array(rows + 1);
  }

  take(body: Buffer): void {
    const lines = body.toString().split("\n");
    for (let i = 0; i + 1 < lines.length; i += 2) this.#takeAction(lines[i]!, lines[i + 1]!);
  }

  #takeAction(action: string, document: string): void {
    this.#actions += 1;
    const id = Number(ID.exec(action)?.[1] ?? 0);
    const isExpected =
      id > 0 && id < this.#seen.length && Number(DOCUMENT.exec(document)?.[1]) === id;
    if (!isExpected) this.#unexpected += 1;
    else if (this.#seen[id] === 0) {
      this.#seen[id] = 1;
      this.#distinct += 1;
    }
  }

  summary(): DocumentSummary {
    return { actions: this.#actions, distinct: this.#distinct, unexpected: this.#unexpected };
  }
}
