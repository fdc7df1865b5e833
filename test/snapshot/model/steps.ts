import { nextRead, noteKeys, versionAt } from "./real-windows.ts";
import { touches, type Setup } from "./setup.ts";
import {
  FINISHED,
  IDLE,
  progressOf,
  rowAfter,
  underWay,
  visible,
  type Action,
  type Content,
  type Doc,
  type ModelChunk,
  type State,
} from "./state.ts";

/** Something that can happen, and what is then. */
export interface Step {
  readonly name: string;
  readonly to: State;
  /** It may happen, but nothing waits for it: crashes, and Elasticsearch forgetting deletes. */
  readonly isOptional?: boolean;
}

/** Everything that can happen next. */
export function stepsOf(setup: Setup, state: State): Step[] {
  return [
    ...sourceSteps(setup, state),
    ...streamSteps(setup, state),
    ...boundSteps(setup, state),
    ...state.chunks.flatMap((_, index) => [...chunkSteps(setup, state, index)]),
    ...sinkSteps(setup, state),
    ...crashSteps(setup, state),
  ];
}

/** Transactions reach the log in order; the engine's commits come later, of transactions on different rows in any order (MariaDB: in the log's). */
function* sourceSteps(setup: Setup, state: State): Generator<Step> {
  const { logged, committed } = state;
  const change = setup.changes[logged];
  const open = underWay(state);
  const isLocked = (key: number): boolean =>
    setup.changes.some((other, index) => (open & (1 << index)) !== 0 && touches(other, key));
  if (change !== undefined && ![1, 2, 3].some((key) => touches(change, key) && isLocked(key)))
    yield { name: `log ${logged + 1}`, to: { ...state, logged: logged + 1 } };
  for (let index = 0; index < logged; index++) {
    if ((open & (1 << index)) === 0) continue;
    yield { name: `commit ${index + 1}`, to: { ...state, committed: committed | (1 << index) } };
    if (setup.low === "mariadb") break;
  }
  if (setup.low === "replica" && state.replicated < logged)
    yield { name: "replicate", to: { ...state, replicated: state.replicated + 1 } };
}

/** The stream begins at the end of the log, with a checkpoint there, and hands out one transaction after the other, as soon as it is in the log. */
function* streamSteps(setup: Setup, state: State): Generator<Step> {
  const { logged, passed } = state;
  if (!state.hasBegun) {
    const isLate = setup.mistake === "late checkpoint";
    const saved = isLate ? null : { passed: logged, progress: 0, upTo: -1 };
    yield { name: "begin", to: { ...state, hasBegun: true, passed: logged, saved } };
    return;
  }
  if (passed === logged) return;
  const change = setup.changes[passed]!;
  const seen = [1, 2, 3].filter((key) => touches(change, key));
  const written = change.kind === "touch" ? [] : seen;
  const at = passed + 1;
  const pending = state.pending.map((actions, key) => {
    if (!written.includes(key)) return actions;
    const { isThere } = rowAfter(setup, (1 << at) - 1, key);
    return [...actions, { isThere, at, version: versionAt(at), chunk: -1 }];
  });
  const noted = noteKeys(
    state.chunks.map((chunk) => chunk.noted),
    setup.mistake === "rows noted" ? seen : written,
  );
  const chunks = state.chunks.map((chunk, index) =>
    hasWindow(setup, chunk) ? { ...chunk, noted: noted[index]! } : chunk,
  );
  const furthest = Math.max(state.furthest, at);
  yield { name: `stream ${at}`, to: { ...state, passed: at, furthest, pending, chunks } };
}

function hasWindow({ mode, mistake }: Setup, { phase }: ModelChunk): boolean {
  if (mode !== "windows" || phase === "idle" || phase === "taken" || phase === "finished")
    return false;
  return mistake !== "window after low" || phase === "read" || phase === "waiting";
}

/** The greatest key is asked for once: the answer sees everything that had been logged. */
function* boundSteps(setup: Setup, state: State): Generator<Step> {
  const { askedAt } = state;
  if (!state.hasBegun || state.upTo >= 0) return;
  if (askedAt < 0) return yield { name: "ask bound", to: { ...state, askedAt: state.logged } };
  const isSeen = (((1 << askedAt) - 1) & ~visible(setup, state)) === 0;
  if (!isSeen && setup.mistake !== "bound without waiting") return;
  const keys = [1, 2, 3].filter((key) => rowAfter(setup, visible(setup, state), key).isThere);
  const upTo = Math.max(0, ...keys);
  const chunks = setup.chunks.map((buffers) =>
    buffers.flat().some((key) => key <= upTo) ? IDLE : FINISHED,
  );
  yield { name: `bound ${upTo}`, to: { ...state, askedAt: -1, upTo, chunks } };
}

function* chunkSteps(setup: Setup, state: State, index: number): Generator<Step> {
  const chunk = state.chunks[index]!;
  const put = (part: Partial<ModelChunk>): State => withChunk(state, index, { ...chunk, ...part });
  const name = (what: string): string => `chunk ${index + 1} ${what}`;
  const { mistake } = setup;
  const keys = setup.chunks[index]!.flat().filter((key) => key <= state.upTo);
  if (chunk.phase === "idle") {
    const active = state.chunks.filter(({ phase }) => phase !== "idle" && phase !== "finished");
    const isNext = state.chunks.findIndex(({ phase }) => phase === "idle") === index;
    if (state.upTo >= 0 && isNext && active.length < setup.parallel)
      yield { name: name("open"), to: put({ phase: "opened" }) };
  } else if (chunk.phase === "opened") {
    yield { name: name("log end"), to: put({ phase: "logEnd", low: state.logged }) };
  } else if (chunk.phase === "logEnd") {
    if (setup.low === "share" || setup.low === "mariadb")
      return yield* reading(setup, state, index, keys);
    if (mistake === "low without waiting")
      return yield { name: name("read"), to: put(readAll(keys)) };
    const [first] = gtids();
    yield { name: name("gtids"), to: put({ phase: "owned", awaited: first }) };
  } else if (chunk.phase === "owned") {
    const [, second] = gtids();
    yield {
      name: name("more gtids"),
      to: put({ phase: "executed", awaited: chunk.awaited | second }),
    };
  } else if (chunk.phase === "executed") {
    if ((chunk.awaited & ~visible(setup, state)) === 0)
      yield { name: name("read"), to: put(readAll(keys)) };
  } else if (chunk.phase === "read") {
    yield { name: name("high"), to: put({ phase: "waiting", high: state.logged }) };
  } else if (chunk.phase === "waiting") {
    yield* handing(setup, state, index);
  }

  function gtids(): [number, number] {
    const owned = underWay(state);
    if (mistake === "owned only") return [owned, 0];
    return mistake === "executed before owned"
      ? [state.committed, owned]
      : [owned, state.committed];
  }

  function readAll(of: readonly number[]): Partial<ModelChunk> {
    const rows = of.map((key) => rowAfter(setup, visible(setup, state), key));
    return { phase: "read", awaited: 0, rows };
  }
}

/** Rows without GTIDs: one after another, each when no commit of it is under way; of MariaDB a snapshot with its place, which is no earlier than the log's end was. */
function* reading(
  setup: Setup,
  state: State,
  index: number,
  keys: readonly number[],
): Generator<Step> {
  const chunk = state.chunks[index]!;
  const name = `chunk ${index + 1} read`;
  if (setup.low === "mariadb") {
    let low = 0;
    while ((state.committed & (1 << low)) !== 0) low += 1;
    if (low < chunk.low && setup.mistake !== "any snapshot") return;
    const rows = keys.map((key) => rowAfter(setup, visible(setup, state), key));
    yield { name, to: withChunk(state, index, { ...chunk, phase: "read", low, rows }) };
    return;
  }
  const key = keys[chunk.rows.length]!;
  const open = underWay(state);
  const isLocked = setup.changes.some(
    (change, at) => (open & (1 << at)) !== 0 && touches(change, key),
  );
  if (isLocked && setup.mistake !== "plain reads") return;
  const rows: Content[] = [...chunk.rows, rowAfter(setup, visible(setup, state), key)];
  const phase = rows.length === keys.length ? "read" : "logEnd";
  yield { name: `${name} ${key}`, to: withChunk(state, index, { ...chunk, phase, rows }) };
}

/** A buffer of a chunk is handed to the sink: between two transactions of the stream, or at any time by its own sink. */
function* handing(setup: Setup, state: State, index: number): Generator<Step> {
  const chunk = state.chunks[index]!;
  const buffers = setup.chunks[index]!;
  const { mistake, mode } = setup;
  const isBeside = mode === "versions";
  const isEarly = isBeside || mistake === "no waiting for high";
  const read = nextRead(
    {
      low: chunk.low,
      high: chunk.high,
      handed: chunk.handed,
      noted: chunk.noted,
      buffers: buffers.length,
    },
    isEarly ? Math.max(state.passed, chunk.high) : state.passed,
  );
  if (read === null) return;
  const version = mistake === "version of high" ? versionAt(chunk.high) : read.version;
  const keys = buffers.flat().filter((key) => key <= state.upTo);
  const docs = [...state.docs];
  const pending = [...state.pending];
  for (const key of buffers[chunk.handed]!) {
    const row = chunk.rows[keys.indexOf(key)];
    if (row?.isThere !== true) continue;
    if (!isBeside && mistake !== "no dropping" && read.isLeftOut(key)) continue;
    const action: Action = { isThere: true, at: row.at, version, chunk: index };
    if (isBeside) docs[key] = apply(setup, docs[key]!, action);
    else pending[key] = [...pending[key]!, action];
  }
  const handed = chunk.handed + 1;
  const isWhole = handed === buffers.length;
  const isDone = isWhole && (isBeside || mistake === "progress before close");
  const next: ModelChunk = isWhole
    ? isDone
      ? FINISHED
      : { ...IDLE, phase: "taken" }
    : { ...chunk, handed };
  const to = closeChunks(withChunk({ ...state, docs, pending }, index, next));
  yield { name: `chunk ${index + 1} hand over ${handed}`, to };
}

/** Lanes: what is pending of a key is written, in order. Deletes are forgotten, beside a stream only when no chunk is under way that was when they came. */
function* sinkSteps(setup: Setup, state: State): Generator<Step> {
  for (const key of [1, 2, 3]) {
    const actions = state.pending[key]!;
    if (actions.length > 0) {
      const under = chunksUnderWay(setup, state);
      let doc = state.docs[key]!;
      for (const action of actions) doc = apply(setup, doc, action, under);
      const docs = state.docs.with(key, doc);
      const to = closeChunks({ ...state, docs, pending: state.pending.with(key, []) });
      yield { name: `write ${key}`, to };
    }
    const doc = state.docs[key]!;
    const isHeld = (doc.under & chunksUnderWay(setup, state)) !== 0;
    if (doc.isThere || !doc.isKept || (isHeld && setup.mistake !== "late chunks")) continue;
    const forgotten = { ...doc, isKept: false, version: 0, under: 0 };
    const to = { ...state, docs: state.docs.with(key, forgotten) };
    yield { name: `forget ${key}`, to, isOptional: true };
  }
}

/** By versions alone, chunks are in time: a delete that came while one was under way is remembered until it is not. */
function chunksUnderWay({ mode }: Setup, { chunks }: State): number {
  if (mode === "windows") return 0;
  return chunks.reduce(
    (bits, { phase }, index) =>
      phase === "idle" || phase === "finished" ? bits : bits | (1 << index),
    0,
  );
}

function apply({ isVersioned, mode }: Setup, doc: Doc, action: Action, under = 0): Doc {
  const isShown = action.chunk < 0 || mode === "windows";
  const shown = isShown ? Math.max(doc.shown, action.at) : doc.shown;
  const isKnown = doc.isThere || doc.isKept;
  if (isVersioned && isKnown && action.version < doc.version) return { ...doc, shown };
  const { isThere, at, version } = action;
  return {
    isThere,
    at,
    version: isVersioned ? version : 0,
    isKept: isVersioned && !isThere,
    under: isThere ? 0 : under,
    shown,
  };
}

/** Chunks that were handed over whole are finished when nothing of them is pending. */
function closeChunks(state: State): State {
  const isOpen = (index: number): boolean =>
    state.pending.some((actions) => actions.some(({ chunk }) => chunk === index));
  const chunks = state.chunks.map((chunk, index) =>
    chunk.phase === "taken" && !isOpen(index) ? FINISHED : chunk,
  );
  return { ...state, chunks };
}

/** The checkpoint is saved at any time, and everything but it, the source and Elasticsearch can be lost. Beside a stream the load has a life of its own. */
function* crashSteps(setup: Setup, state: State): Generator<Step> {
  if (state.crashes === 0 || !state.hasBegun) return;
  const open = state.pending.flat().filter(({ chunk }) => chunk < 0);
  const passed = Math.min(state.passed, ...open.map(({ at }) => at - 1));
  const saved = { passed, progress: progressOf(state), upTo: state.upTo };
  const before = state.saved;
  const isSame =
    before?.passed === passed && before.progress === saved.progress && before.upTo === saved.upTo;
  if (!isSame) yield { name: "save", to: { ...state, saved }, isOptional: true };
  const crashes = state.crashes - 1;
  const gone = { ...state, crashes, pending: state.pending.map(() => []), askedAt: -1 };
  const loadOf = (progress: number, upTo: number): Pick<State, "chunks" | "upTo"> => ({
    upTo,
    chunks: setup.chunks.map((buffers, index) =>
      index < progress || (upTo >= 0 && buffers.flat().every((key) => key > upTo))
        ? FINISHED
        : IDLE,
    ),
  });
  if (before === null) {
    const to = { ...gone, hasBegun: false, passed: 0, ...loadOf(0, -1) };
    return yield { name: "crash", to, isOptional: true };
  }
  const load = loadOf(before.progress, before.upTo);
  if (setup.mode === "windows")
    return yield {
      name: "crash",
      to: { ...gone, passed: before.passed, ...load },
      isOptional: true,
    };
  yield {
    name: "stream crash",
    to: { ...gone, askedAt: state.askedAt, passed: before.passed },
    isOptional: true,
  };
  yield { name: "load crash", to: { ...state, crashes, askedAt: -1, ...load }, isOptional: true };
}

function withChunk(state: State, index: number, chunk: ModelChunk): State {
  return { ...state, chunks: state.chunks.with(index, chunk) };
}
