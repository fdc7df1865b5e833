/** The value that `share` (0 to 1) of the sorted values do not exceed (nearest rank). NaN without values. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

/** The run whose figure is the median of all runs (the lower of the middle two), so that its other figures belong together. */
export function medianRun<T>(runs: readonly T[], figure: (run: T) => number): T {
  const sorted = runs.toSorted((a, b) => figure(a) - figure(b));
  const median = sorted[(sorted.length - 1) >> 1];
  if (median === undefined) throw new Error("there is no run to choose from");
  return median;
}

/** The number with `digits` significant digits, without an exponent. */
export function round(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}
