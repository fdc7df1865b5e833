import type { Comparison, Difference } from "./compare.ts";

/** The comparison in words: figures, refusals by reason, every difference. */
export function reportText(comparison: Comparison): string {
  const { compared, values, nulls, failures, unsteady, compiled, refusals, differences } =
    comparison;
  const refused = [...refusals.values()].reduce((sum, count) => sum + count, 0);
  const share = (part: number, whole: number): string =>
    `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
  return [
    ...differences.map(differenceText),
    ...[...refusals]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, 60)
      .map(
        ([reason, count]) => `refused ${share(count, compiled + refused).padStart(6)} ${reason}`,
      ),
    `${compared} expressions compared, ${values} values, ${share(nulls, values)} NULL, ${share(failures, values)} errors on both sides`,
    `${share(refused, compiled + refused)} of ${compiled + refused} calls refused`,
    `${unsteady} on which MySQL agrees with us for each row by itself, but not with itself for several`,
    `${differences.length} differences`,
  ].join("\n");
}

/** A difference in a few lines. */
export function differenceText({ group, sql, what, row }: Difference): string {
  return `[${group}] ${sql}\n    ${what}\n    ${row}\n`;
}
