import { type Sample, withPart } from "./generate.ts";

/** The smallest expression that still differs: a part of the sample, its own parts replaced by theirs. */
export async function shrink(
  sample: Sample,
  differs: (candidate: Sample) => Promise<string | null>,
): Promise<Sample> {
  let least = sample;
  for (let round = 0; round < 40; round++) {
    const smaller = await firstDiffering(candidates(least), differs);
    if (smaller === null) return least;
    least = smaller;
  }
  return least;
}

async function firstDiffering(
  choices: readonly Sample[],
  differs: (candidate: Sample) => Promise<string | null>,
): Promise<Sample | null> {
  for (const choice of choices) if ((await differs(choice)) !== null) return choice;
  return null;
}

/** Parts that have a function first, then the whole with a part replaced by one of the part's own. */
function candidates(sample: Sample): readonly Sample[] {
  const calls = sample.parts.filter((part) => part.template !== null);
  const replaced = sample.parts.flatMap((part, i) =>
    [...part.parts, ...candidates(part)].map((smaller) => withPart(sample, i, smaller)),
  );
  return [...calls, ...replaced].filter(({ sql }) => sql.length < sample.sql.length);
}
