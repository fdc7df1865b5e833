import type { Setup } from "./setup.ts";
import { encode, initialState, rowAfter, type State } from "./state.ts";
import { stepsOf } from "./steps.ts";

/** What exploring all interleavings has shown. */
export interface Exploration {
  /** Different states that were reached. */
  readonly states: number;
  /** The steps to a state in which something is wrong, and what; null when nothing is in any. */
  readonly failure: { readonly why: string; readonly steps: readonly string[] } | null;
}

/** Follows every interleaving of a case, each state once. */
export function explore(setup: Setup): Exploration {
  const seen = new Set<string>();
  const path: string[] = [];
  let failure: Exploration["failure"] = null;
  const visit = (state: State): boolean => {
    const code = encode(state);
    if (seen.has(code)) return true;
    seen.add(code);
    const steps = stepsOf(setup, state);
    const isStuck = steps.every(({ isOptional }) => isOptional === true);
    const why = wrong(setup, state, isStuck);
    if (why !== null) {
      failure = { why, steps: [...path] };
      return false;
    }
    return steps.every(({ name, to }) => {
      path.push(name);
      const isRight = visit(to);
      path.pop();
      return isRight;
    });
  };
  visit(initialState(setup));
  return { states: seen.size, failure };
}

/** What must hold in every state; null = it does. */
function wrong(setup: Setup, state: State, isStuck: boolean): string | null {
  for (const key of [1, 2, 3]) {
    const { at, shown } = state.docs[key]!;
    // After a crash the stream reads again what it had shown; it has to pass that.
    const isAgain =
      state.passed < (setup.mode === "windows" ? state.furthest : shown) ||
      state.pending[key]!.some((action) => action.chunk < 0 && action.at >= shown);
    if (at < shown && !isAgain) return `document ${key} went back from ${shown} to ${at}`;
  }
  if (!isStuck) return null;
  const isOver =
    state.passed === setup.changes.length && state.chunks.every((c) => c.phase === "finished");
  if (!isOver) return "nothing can go on";
  for (const key of [1, 2, 3]) {
    const row = rowAfter(setup, (1 << setup.changes.length) - 1, key);
    const doc = state.docs[key]!;
    if (doc.isThere !== row.isThere || (row.isThere && doc.at !== row.at))
      return `document ${key} is ${text(doc)}, its row ${text(row)}`;
  }
  return null;
}

function text({ isThere, at }: { readonly isThere: boolean; readonly at: number }): string {
  return isThere ? `of ${at}` : "not there";
}
