import type { Batch } from "./batch.ts";

/** Some actions of a closed batch, in their order: a run of them, or any. */
export type Selection =
  | { readonly kind: "run"; readonly from: number; readonly to: number }
  | { readonly kind: "list"; readonly actions: readonly number[] };

/** How many actions it has. */
export function sizeOf(selection: Selection): number {
  return selection.kind === "run" ? selection.to - selection.from : selection.actions.length;
}

/** The number in the batch of its `i`th action. */
export function actionAt(selection: Selection, i: number): number {
  return selection.kind === "run" ? selection.from + i : selection.actions[i]!;
}

/** Both halves of a selection of two or more, in order. */
export function halve(selection: Selection): [Selection, Selection] {
  if (selection.kind === "run") {
    const { from, to } = selection;
    const middle = (from + to) >> 1;
    return [
      { kind: "run", from, to: middle },
      { kind: "run", from: middle, to },
    ];
  }
  const { actions } = selection;
  const middle = actions.length >> 1;
  return [
    { kind: "list", actions: actions.slice(0, middle) },
    { kind: "list", actions: actions.slice(middle) },
  ];
}

/** The bulk request for a selection: a view of the batch for a run, a copy for a list. */
export function requestBody(batch: Batch, selection: Selection): Buffer {
  if (selection.kind === "run") {
    return batch.bytes.subarray(batch.starts[selection.from], batch.starts[selection.to]);
  }
  return Buffer.concat(selection.actions.map((action) => actionBytes(batch, action)));
}

/** The lines of one action, a view. */
export function actionBytes(batch: Batch, action: number): Buffer {
  return batch.bytes.subarray(batch.starts[action], batch.starts[action + 1]);
}

/**
 * The actions to send again so that order per document holds: those marked, and whatever follows one of them in the selection with the
 * same hash. Repeating is idempotent, so a hash that two documents share costs a repetition and nothing else.
 */
export function withFollowers(
  batch: Batch,
  selection: Selection,
  isMarked: (i: number) => boolean,
): Selection {
  const hashes = new Set<number>();
  const actions: number[] = [];
  for (let i = 0; i < sizeOf(selection); i++) {
    const action = actionAt(selection, i);
    const hash = batch.hashes[action]!;
    if (!isMarked(i) && !hashes.has(hash)) continue;
    hashes.add(hash);
    actions.push(action);
  }
  return { kind: "list", actions };
}
