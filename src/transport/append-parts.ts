/**
 * Appends the rows [from, to) as one record, or, where that is too large for the topic, in halves down to single rows, and a row that is too large alone with
 * its key only. `append` says whether the topic takes the record. Returns how many rows it does not take at all.
 */
export function appendParts(
  from: number,
  to: number,
  append: (from: number, to: number, keyOnly: boolean) => boolean,
): number {
  if (append(from, to, false)) return 0;
  if (to - from === 1) return append(from, to, true) ? 0 : 1;
  const middle = (from + to) >> 1;
  return appendParts(from, middle, append) + appendParts(middle, to, append);
}
