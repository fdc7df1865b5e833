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
  readonly #over = new Map<string, readonly Window[]>();
  readonly #open = new Set<Window>();

  /** Are there any? While there are none, nothing has to be noted. */
  get isAnyOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Opens a window. To be called before the chunk's low watermark is read. */
  open(scope: WindowScope): Window {
    const window = new Window(scope);
    this.#open.add(window);
    for (const rule of scope.rules) {
      const key = keyOf(scope.database, scope.table, rule);
      this.#over.set(key, [...(this.#over.get(key) ?? []), window]);
    }
    window.onLost(() => this.close(window));
    return window;
  }

  /** The open windows over what a rule makes of a table; undefined when there are none. */
  over(database: string, table: string, rule: string): readonly Window[] | undefined {
    return this.#over.get(keyOf(database, table, rule));
  }

  /** The chunks of the windows that are meant may not be written. */
  lose(why: TailraceError, isMeant: (scope: WindowScope) => boolean): void {
    for (const window of this.#open) if (isMeant(window.scope)) window.lose(why);
  }

  /** The chunk was taken, or will not be. */
  close(window: Window): void {
    if (!this.#open.delete(window)) return;
    const { database, table, rules } = window.scope;
    for (const rule of rules) {
      const key = keyOf(database, table, rule);
      const others = this.#over.get(key)?.filter((other) => other !== window) ?? [];
      if (others.length === 0) this.#over.delete(key);
      else this.#over.set(key, others);
    }
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
  const text = id.bytes.toString("latin1", 0, id.length);
  return routing.length === 0
    ? `${text}\0${index}`
    : `${text}\0${index}\0${routing.bytes.toString("latin1", 0, routing.length)}`;
}
