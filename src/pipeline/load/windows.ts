import { TailraceError } from "../../core/errors.ts";

/** What a window stands over: rows of a table, and the rules whose documents they become. */
export interface WindowScope {
  readonly database: string;
  readonly table: string;
  readonly rules: readonly string[];
}

/** More documents than this are not noted for one window: its chunk is read again. Some 30 MB of short ids. */
export const MAX_NOTED = 200_000;

const NONE: ReadonlySet<string> = new Set();

/** A window over the stream, from before a chunk's low watermark is read until its rows are taken: knows which documents the stream has written or deleted meanwhile. */
export class Window {
  readonly scope: WindowScope;
  readonly #noted = new Map<string, Set<string>>();
  readonly #onLost: ((why: TailraceError) => void)[] = [];
  #count = 0;
  #lost: TailraceError | null = null;

  constructor(scope: WindowScope) {
    this.scope = scope;
  }

  /** Why the chunk may not be written any more; null while it may. */
  get lost(): TailraceError | null {
    return this.#lost;
  }

  /** The documents of a rule that were noted, as `documentKey` names them. */
  noted(rule: string): ReadonlySet<string> {
    return this.#noted.get(rule) ?? NONE;
  }

  /** The stream writes or deletes the document. */
  note(rule: string, document: string): void {
    let documents = this.#noted.get(rule);
    if (documents === undefined) this.#noted.set(rule, (documents = new Set()));
    const before = documents.size;
    documents.add(document);
    this.#count += documents.size - before;
    if (this.#count > MAX_NOTED) {
      const { database, table } = this.scope;
      this.lose(
        new TailraceError(
          "SNAPSHOT_OVERTAKEN",
          `${database}.${table}: the stream changed more than ${MAX_NOTED} documents while a chunk waited for it`,
        ),
      );
    }
  }

  /** The chunk may not be written: what it holds is of before something that cannot be told by documents. */
  lose(why: TailraceError): void {
    if (this.#lost !== null) return;
    this.#lost = why;
    this.#noted.clear();
    for (const tell of this.#onLost) tell(why);
  }

  /** Calls the function when the chunk may not be written any more, or at once when that is so. */
  onLost(tell: (why: TailraceError) => void): void {
    if (this.#lost === null) this.#onLost.push(tell);
    else tell(this.#lost);
  }
}

/**
 * The windows that are open. What is noted is what the stream *does* to documents, not which rows it sees: an update that changes no column that a rule uses writes nothing, and then
 * the row that the chunk has is the only one that will.
 */
export class Windows {
  /** By rule and table: whoever takes rows of them asks for each event. */
  readonly #open = new Map<string, Window[]>();
  #count = 0;

  /** Are there any? While there are none, nothing has to be noted. */
  get isAnyOpen(): boolean {
    return this.#count > 0;
  }

  /** Opens a window. To be called before the chunk's low watermark is read. */
  open(scope: WindowScope): Window {
    const window = new Window(scope);
    this.#count += 1;
    for (const rule of scope.rules) {
      const key = keyOf(scope.database, scope.table, rule);
      const others = this.#open.get(key);
      if (others === undefined) this.#open.set(key, [window]);
      else others.push(window);
    }
    window.onLost(() => this.close(window));
    return window;
  }

  /** The open windows over what a rule makes of a table; undefined when there are none. */
  over(database: string, table: string, rule: string): readonly Window[] | undefined {
    return this.#open.get(keyOf(database, table, rule));
  }

  /** Notes that the stream writes or deletes a document of the rule, by a row of the table. */
  note(row: { readonly database: string; readonly table: string }, rule: string, document: string) {
    const windows = this.over(row.database, row.table, rule);
    // one that is lost leaves the list
    if (windows !== undefined) for (const window of [...windows]) window.note(rule, document);
  }

  /** The chunks of all windows that `isMeant` are not written. */
  lose(why: TailraceError, isMeant: (scope: WindowScope) => boolean): void {
    const meant = new Set<Window>();
    for (const windows of this.#open.values())
      for (const window of windows) if (isMeant(window.scope)) meant.add(window);
    for (const window of meant) window.lose(why);
  }

  /** The chunk was taken, or will not be. */
  close(window: Window): void {
    const { database, table, rules } = window.scope;
    let wasOpen = false;
    for (const rule of rules) {
      const key = keyOf(database, table, rule);
      const windows = this.#open.get(key);
      if (windows === undefined || !windows.includes(window)) continue;
      wasOpen = true;
      if (windows.length === 1) this.#open.delete(key);
      else
        this.#open.set(
          key,
          windows.filter((other) => other !== window),
        );
    }
    if (wasOpen) this.#count -= 1;
  }
}

function keyOf(database: string, table: string, rule: string): string {
  return `${database}\0${table}\0${rule}`;
}

/** Names a document of a rule: its id and routing, as they are in a writer's scratch, and its index. */
export function documentKey(
  index: string,
  id: { readonly bytes: Buffer; readonly length: number },
  routing: { readonly bytes: Buffer; readonly length: number },
): string {
  const text = id.bytes.latin1Slice(0, id.length);
  return routing.length === 0
    ? `${text}\0${index}`
    : `${text}\0${index}\0${routing.bytes.latin1Slice(0, routing.length)}`;
}
