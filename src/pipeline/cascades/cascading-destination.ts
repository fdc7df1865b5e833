import type {
  IncompleteRowsEvent,
  MarkEvent,
  ReadEvent,
  RowsEvent,
  SchemaChangeEvent,
} from "../../core/change-event.ts";
import type { Destination } from "../../core/destination.ts";
import { TailraceError } from "../../core/errors.ts";
import type { Sink } from "../../core/sink.ts";
import { tableName } from "../../core/schema.ts";
import type { Windows } from "../load/windows.ts";
import type { Cascades, CascadeOrigin, KeyChange } from "./cascades.ts";
import type { ParentKeys } from "./parent-keys.ts";
import type { CascadeLink } from "./plan-cascades.ts";

/** What a destination with cascades is made of. */
export interface CascadingStages {
  readonly inner: Destination;
  readonly keys: ParentKeys;
  readonly cascades: Cascades;
  readonly sink: Pick<Sink, "taken">;
  /** Windows of loads beside the stream. */
  readonly windows: Windows;
}

type Changes = ReadonlyMap<CascadeLink, readonly KeyChange[]>;

/** So many keys are followed at once; more of a transaction in several steps. */
const MAX_KEYS = 10_000;
/** So many keys are remembered while chunks are on their way; their chunks are read again when there are more. */
const MAX_KEPT = 100_000;

/**
 * Follows foreign keys at the end of each transaction that changed keys of their parents, before it is marked: so the checkpoint moves over it when the children are done, too.
 *
 * A chunk of a load whose rows were read before such a transaction brings rows that it has changed, and the search could not find them yet. So what was followed is remembered while
 * windows are open over the child, and is followed once more behind each chunk that is older.
 */
export class CascadingDestination implements Destination {
  readonly #stages: CascadingStages;
  /** The last event that changed keys. */
  #origin: CascadeOrigin | null = null;
  #kept: { readonly changes: Changes; readonly origin: CascadeOrigin }[] = [];
  #keptCount = 0;

  constructor(stages: CascadingStages) {
    this.#stages = stages;
  }

  take(event: RowsEvent): Promise<void> | undefined {
    const { inner, keys } = this.#stages;
    const { database, table } = event.table.schema;
    if (keys.isParent(database, table)) {
      keys.note(event);
      if (keys.count > 0) this.#origin = originOf(event);
    }
    const rest = inner.take(event);
    return keys.count < MAX_KEYS ? rest : this.#followBehind(rest);
  }

  async takeIncomplete(event: IncompleteRowsEvent): Promise<number> {
    const { inner, keys } = this.#stages;
    const unknown = keys.noteIncomplete(event);
    if (keys.count > 0) this.#origin = originOf(event);
    const left = await inner.takeIncomplete(event);
    if (keys.count >= MAX_KEYS) await this.#follow();
    return left + unknown;
  }

  takeRead(event: ReadEvent): Promise<void> | undefined {
    this.#forgetKept();
    const late = this.#kept.filter(({ origin }) => isBehind(origin, event));
    const { inner } = this.#stages;
    return late.length === 0 ? inner.takeRead(event) : this.#takeLate(event, late);
  }

  takeSchemaChange(event: SchemaChangeEvent): Promise<void> | undefined {
    this.#stages.cascades.forgetTables();
    return this.#stages.inner.takeSchemaChange(event);
  }

  mark(event: MarkEvent): Promise<void> | undefined {
    const { inner, keys } = this.#stages;
    if (keys.count === 0) return inner.mark(event);
    return this.#follow().then(() => inner.mark(event));
  }

  idle(): void {
    this.#stages.inner.idle();
  }

  drain(): Promise<void> {
    return this.#stages.inner.drain();
  }

  async #followBehind(rest: Promise<void> | undefined): Promise<void> {
    await rest;
    await this.#follow();
  }

  async #follow(): Promise<void> {
    const { keys, cascades } = this.#stages;
    const changes = keys.take();
    const origin = this.#origin!;
    this.#keep(changes, origin);
    await cascades.carryOut(changes, origin);
  }

  /** The chunk counts as taken behind what is done about its rows. */
  async #takeLate(
    event: ReadEvent,
    late: readonly { readonly changes: Changes; readonly origin: CascadeOrigin }[],
  ): Promise<void> {
    const { inner, cascades, sink } = this.#stages;
    await inner.takeRead({ ...event, onTaken: () => undefined });
    for (const { changes, origin } of late) await cascades.carryOut(changes, origin);
    event.onTaken(sink.taken);
  }

  #keep(changes: Changes, origin: CascadeOrigin): void {
    this.#forgetKept();
    const loaded = new Map([...changes].filter(([link]) => this.#isLoaded(link)));
    if (loaded.size === 0) return;
    this.#kept.push({ changes: loaded, origin });
    for (const each of loaded.values()) this.#keptCount += each.length;
    if (this.#keptCount <= MAX_KEPT) return;
    for (const kept of this.#kept)
      for (const { child } of kept.changes.keys())
        this.#stages.windows.lose(
          new TailraceError(
            "SNAPSHOT_OVERTAKEN",
            `${tableName(child)}: foreign keys changed more than ${MAX_KEPT} keys of its parents while a chunk waited`,
          ),
          ({ database, table }) => database === child.database && table === child.table,
        );
    this.#forgetKept();
  }

  /** Without a window over a child no chunk of it is on its way. */
  #forgetKept(): void {
    if (this.#kept.length === 0) return;
    this.#kept = this.#kept.filter(({ changes }) =>
      changes.keys().some((link) => this.#isLoaded(link)),
    );
    if (this.#kept.length === 0) this.#keptCount = 0;
  }

  #isLoaded({ child, rule }: CascadeLink): boolean {
    return this.#stages.windows.over(child.database, child.table, rule) !== undefined;
  }
}

function originOf(event: CascadeOrigin): CascadeOrigin {
  const { versionHigh, versionLow, timestampMs, commitTimeUs, gtid } = event;
  return { versionHigh, versionLow, timestampMs, commitTimeUs, gtid };
}

/** Does the event lie behind the chunk's low watermark? */
function isBehind(
  origin: CascadeOrigin,
  chunk: Pick<ReadEvent, "versionHigh" | "versionLow">,
): boolean {
  return (
    origin.versionHigh > chunk.versionHigh ||
    (origin.versionHigh === chunk.versionHigh && origin.versionLow > chunk.versionLow)
  );
}
