import type {
  IncompleteRowsEvent,
  MarkEvent,
  ReadEvent,
  RowsEvent,
  SchemaChangeEvent,
} from "../core/change-event.ts";
import type { Destination } from "../core/destination.ts";
import type { Sink } from "../core/sink.ts";
import type { Boundary } from "./boundary.ts";
import type { Router } from "./router.ts";

/** What a document destination is made of. */
export interface DocumentStages<Mark extends MarkEvent> {
  readonly router: Router;
  readonly sink: Sink;
  readonly marks: Marks<Mark>;
  readonly boundary: Boundary;
  /** Told of statements behind which no rows of a table's definition before come, where that is sure: not where partitions come in any order. */
  readonly onSchemaChange?: (event: SchemaChangeEvent) => void;
}

/** Remembers marks with the number of actions taken before each, until they are closed. */
export interface Marks<Mark extends MarkEvent> {
  add(mark: Mark, taken: number): void;
  /** Marks that are not closed. */
  readonly size: number;
  /** Acknowledges the marks that are closed when the first `closed` actions are. */
  close(closed: number): void;
}

/** Marks without rows of ours take no room in the sink: while it stands still, only their number tells that reading must wait. */
const MAX_OPEN_MARKS = 100_000;

/** Brings changes into documents: rows through their rule's encoder into the sink's lanes. */
export class DocumentDestination<Mark extends MarkEvent> implements Destination {
  readonly #stages: DocumentStages<Mark>;

  constructor(stages: DocumentStages<Mark>) {
    this.#stages = stages;
  }

  take(event: RowsEvent): Promise<void> | undefined {
    this.#stages.boundary.enter();
    return this.#stages.router.take(event);
  }

  /** Between two transactions, as it was; yet a switch of rules waits until the rows are taken. */
  takeRead(event: ReadEvent): Promise<void> | undefined {
    const { router, boundary } = this.#stages;
    boundary.enter();
    const rest = router.takeRead(event);
    if (rest !== undefined) return rest.then(() => this.#readTaken(event));
    this.#readTaken(event);
    return undefined;
  }

  #readTaken(event: ReadEvent): void {
    const { sink, boundary } = this.#stages;
    event.onTaken(sink.taken);
    boundary.leave();
  }

  takeIncomplete(event: IncompleteRowsEvent): Promise<number> {
    this.#stages.boundary.enter();
    return this.#stages.router.takeIncomplete(event);
  }

  /** Rows bring their definition themselves, and what a statement did to rows comes as a gap. */
  takeSchemaChange(event: SchemaChangeEvent): undefined {
    this.#stages.onSchemaChange?.(event);
  }

  mark(event: MarkEvent): Promise<void> | undefined {
    const { marks, sink, boundary } = this.#stages;
    marks.add(event as Mark, sink.taken);
    boundary.leave();
    return marks.size >= MAX_OPEN_MARKS ? this.#closeSome() : undefined;
  }

  async #closeSome(): Promise<void> {
    const { marks, sink } = this.#stages;
    marks.close(sink.closed);
    if (marks.size >= MAX_OPEN_MARKS) await this.drain();
  }

  idle(): void {
    const { marks, sink, boundary } = this.#stages;
    sink.kick();
    marks.close(sink.closed);
    boundary.idle();
  }

  async drain(): Promise<void> {
    const { marks, sink } = this.#stages;
    await sink.drain();
    marks.close(sink.closed);
  }
}
