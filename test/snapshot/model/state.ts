import { touches, type Setup } from "./setup.ts";

/** A row or document: there or not, and the place of the log at which its content came about. */
export interface Content {
  readonly isThere: boolean;
  readonly at: number;
}

/** Something to be written into a document. */
export interface Action extends Content {
  readonly version: number;
  /** The chunk that it is of; -1 = the stream. */
  readonly chunk: number;
}

/** A document in Elasticsearch. */
export interface Doc extends Content {
  readonly version: number;
  /** The delete's version is remembered. */
  readonly isKept: boolean;
  /** Chunks that were under way when it was deleted, a bit each. */
  readonly under: number;
  /** The latest content that was shown: by the stream, and in its process also by chunks. */
  readonly shown: number;
}

export const PHASES = [
  "idle",
  "opened",
  "logEnd",
  "owned",
  "executed",
  "read",
  "waiting",
  "taken",
  "finished",
] as const;
export type Phase = (typeof PHASES)[number];

export interface ModelChunk {
  readonly phase: Phase;
  readonly low: number;
  readonly high: number;
  /** Transactions that are to be visible before rows are read, a bit each. */
  readonly awaited: number;
  /** What was found, of the chunk's keys in order. */
  readonly rows: readonly Content[];
  /** Buffers that were handed over. */
  readonly handed: number;
  /** Keys whose documents the window has noted, a bit each. */
  readonly noted: number;
}

/** What a crash leaves. */
export interface Saved {
  readonly passed: number;
  /** Finished chunks without a hole. */
  readonly progress: number;
  readonly upTo: number;
}

/** Everything at one moment. Places of the log are counted from 1, one for each transaction. */
export interface State {
  /** Transactions in the log. */
  readonly logged: number;
  /** Transactions that the source's engine has committed, a bit each: a SELECT sees them there. */
  readonly committed: number;
  /** Transactions that the replica has, if rows are read there. */
  readonly replicated: number;
  readonly hasBegun: boolean;
  /** The place up to which the stream has handed out everything. */
  readonly passed: number;
  /** The furthest that it had been before a crash. */
  readonly furthest: number;
  readonly saved: Saved | null;
  /** The greatest key; -1 = not known. */
  readonly upTo: number;
  /** The end of the log when the greatest key was asked for; -1 = it is not being asked for. */
  readonly askedAt: number;
  /** On their way, for each key in order. */
  readonly pending: readonly (readonly Action[])[];
  readonly docs: readonly Doc[];
  readonly chunks: readonly ModelChunk[];
  readonly crashes: number;
}

export const IDLE: ModelChunk = {
  phase: "idle",
  low: 0,
  high: 0,
  awaited: 0,
  rows: [],
  handed: 0,
  noted: 0,
};
export const FINISHED: ModelChunk = { ...IDLE, phase: "finished" };
const KEYS = [0, 1, 2, 3];

export function initialState(setup: Setup): State {
  const doc: Doc = { isThere: false, at: 0, version: 0, isKept: false, under: 0, shown: 0 };
  return {
    logged: 0,
    committed: 0,
    replicated: 0,
    hasBegun: false,
    passed: 0,
    furthest: 0,
    saved: null,
    upTo: -1,
    askedAt: -1,
    pending: KEYS.map(() => []),
    docs: KEYS.map(() => doc),
    chunks: setup.chunks.map(() => IDLE),
    crashes: setup.crashes,
  };
}

/** The row of a key as transactions (a bit each) have left it. */
export function rowAfter({ rows, changes }: Setup, done: number, key: number): Content {
  let row: Content = { isThere: rows.includes(key), at: 0 };
  for (let index = 0; index < changes.length; index++) {
    const change = changes[index]!;
    if ((done & (1 << index)) === 0 || !touches(change, key) || change.kind === "touch") continue;
    const isThere = change.kind === "move" ? change.to === key : change.kind !== "delete";
    row = { isThere, at: index + 1 };
  }
  return row;
}

/** Transactions that a SELECT sees where rows are read, a bit each. */
export function visible({ low }: Setup, { committed, replicated }: State): number {
  return low === "replica" ? (1 << replicated) - 1 : committed;
}

/** Transactions that are in the log and not committed at the source. */
export function underWay({ logged, committed }: State): number {
  return ((1 << logged) - 1) & ~committed;
}

/** Chunks that are finished, without a hole. */
export function progressOf({ chunks }: State): number {
  const hole = chunks.findIndex(({ phase }) => phase !== "finished");
  return hole < 0 ? chunks.length : hole;
}

/** A text that two states share only when they are the same. */
export function encode(state: State): string {
  const { saved } = state;
  const codes: number[] = [
    state.logged,
    state.committed,
    state.replicated,
    state.furthest,
    Number(state.hasBegun),
    state.passed,
    state.upTo + 1,
    state.askedAt + 1,
    state.crashes,
  ];
  if (saved !== null) codes.push(saved.passed, saved.progress, saved.upTo + 1);
  codes.push(99);
  for (const actions of state.pending) {
    for (const { isThere, at, version, chunk } of actions)
      codes.push(Number(isThere) * 10 + at, version, chunk + 1);
    codes.push(99);
  }
  for (const { isThere, isKept, at, version, under, shown } of state.docs)
    codes.push(Number(isThere) + Number(isKept) * 2, at, version, under, shown);
  for (const { phase, low, high, awaited, rows, handed, noted } of state.chunks) {
    codes.push(PHASES.indexOf(phase), low, high, awaited, handed, noted);
    for (const { isThere, at } of rows) codes.push(Number(isThere) * 10 + at);
    codes.push(99);
  }
  return String.fromCharCode(...codes);
}
