import { collatorOf } from "../text/compare.ts";
import type { MergedStrings } from "../text/merge.ts";
import type { Scope, Typed } from "../typed.ts";
import type { Comparison, Sign } from "./compare.ts";

const HOLDS: Readonly<Record<Sign, (order: number) => boolean>> = {
  "===": (order) => order === 0,
  "!==": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/** An ENUM compared with a string that is known: each of its labels is compared when compiling, a row's ordinal then tells. Null for any other pair. */
export function compareLabel(
  pair: readonly Typed[],
  merged: MergedStrings,
  scope: Scope,
): Comparison | null {
  const place = pair.findIndex(({ type }) => type.kind === "enum");
  const subject = pair[place];
  const known = merged.args[1 - place]?.constant?.value;
  if (pair.length !== 2 || subject?.type.kind !== "enum" || subject.constant !== undefined)
    return null;
  if (merged.kind !== "text" || typeof known !== "string") return null;
  // what IF and CASE chose may show otherwise
  if (subject.text !== undefined) return null;
  const labels = ["", ...subject.type.members];
  const { compare } = collatorOf(merged.collation, merged.args[0]!.at, scope);
  return {
    args: pair,
    condition(sign, [first], sources) {
      const ordinals = labels.flatMap((label, ordinal) => {
        const order = first === place ? compare(label, known) : compare(known, label);
        return HOLDS[sign](order) ? [ordinal] : [];
      });
      const source = sources[place]!;
      if (ordinals.length === 1) return `${source} === ${ordinals[0]}`;
      const holds = Uint8Array.from(labels, (_, ordinal) => (ordinals.includes(ordinal) ? 1 : 0));
      return `${scope.bind(holds)}[${source}] === 1`;
    },
  };
}
