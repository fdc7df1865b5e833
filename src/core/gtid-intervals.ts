/**
 * A set of whole numbers as ascending, disjoint, never touching ranges. Bounds lie flat in one array (`first, last, first, last…`, both
 * inclusive), so adding the number that follows the greatest one, which nearly every transaction does, is one comparison and one store.
 * Numbers are safe integers; whoever parses them refuses others.
 */
export class GtidIntervals {
  #bounds: number[] = [];

  /** True when it holds no number. */
  get isEmpty(): boolean {
    return this.#bounds.length === 0;
  }

  /** The ranges, ascending: first, last, first, last…; not to be changed, valid until the next `add`. */
  get bounds(): readonly number[] {
    return this.#bounds;
  }

  /** Adds the numbers `first` to `last`, both included; none when `last` is smaller. */
  add(first: number, last: number): void {
    const bounds = this.#bounds;
    const end = bounds.length;
    if (last < first) return;
    if (end > 0 && bounds[end - 1] === first - 1) {
      bounds[end - 1] = last;
      return;
    }
    // Ranges [from, to) touch or overlap the new one and melt into it.
    const from = this.#firstRangeEndingAt(first - 1);
    let to = from;
    let [low, high] = [first, last];
    while (to < end && bounds[to]! <= last + 1) {
      low = Math.min(low, bounds[to]!);
      high = Math.max(high, bounds[to + 1]!);
      to += 2;
    }
    bounds.splice(from, to - from, low, high);
  }

  /** Adds every number of the other set. */
  addAll(other: GtidIntervals): void {
    const theirs = other.#bounds;
    for (let i = 0; i < theirs.length; i += 2) this.add(theirs[i]!, theirs[i + 1]!);
  }

  /** Does it hold every number from `first` to `last`? */
  contains(first: number, last: number): boolean {
    const at = this.#firstRangeEndingAt(last);
    const start = this.#bounds[at];
    return start !== undefined && start <= first;
  }

  /** Does it hold every number of the other set? */
  containsAll(other: GtidIntervals): boolean {
    const theirs = other.#bounds;
    for (let i = 0; i < theirs.length; i += 2) {
      if (!this.contains(theirs[i]!, theirs[i + 1]!)) return false;
    }
    return true;
  }

  /** The numbers of this set that the other one lacks, as a new set. */
  subtract(other: GtidIntervals): GtidIntervals {
    const result = new GtidIntervals();
    const [ours, theirs] = [this.#bounds, other.#bounds];
    let j = 0;
    for (let i = 0; i < ours.length; i += 2) {
      let first = ours[i]!;
      const last = ours[i + 1]!;
      while (j < theirs.length && theirs[j + 1]! < first) j += 2;
      for (let k = j; k < theirs.length && theirs[k]! <= last; k += 2) {
        if (theirs[k]! > first) result.#bounds.push(first, theirs[k]! - 1);
        first = theirs[k + 1]! + 1;
      }
      if (first <= last) result.#bounds.push(first, last);
    }
    return result;
  }

  /** Do both hold the same numbers? */
  equals(other: GtidIntervals): boolean {
    const [ours, theirs] = [this.#bounds, other.#bounds];
    return ours.length === theirs.length && ours.every((bound, i) => bound === theirs[i]);
  }

  /** A copy with a life of its own. */
  clone(): GtidIntervals {
    const copy = new GtidIntervals();
    copy.#bounds = [...this.#bounds];
    return copy;
  }

  /** As MySQL prints it: `1-5:7:9-12`. */
  toString(): string {
    const parts: string[] = [];
    for (let i = 0; i < this.#bounds.length; i += 2) {
      const [first, last] = [this.#bounds[i], this.#bounds[i + 1]];
      parts.push(first === last ? `${first}` : `${first}-${last}`);
    }
    return parts.join(":");
  }

  /** Index into the bounds of the first range whose last number is at least `number`. */
  #firstRangeEndingAt(number: number): number {
    const bounds = this.#bounds;
    let [low, high] = [0, bounds.length >> 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (bounds[2 * middle + 1]! < number) low = middle + 1;
      else high = middle;
    }
    return 2 * low;
  }
}
