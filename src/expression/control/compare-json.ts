import type { Place } from "../apply.ts";
import type { Typed } from "../typed.ts";
import type { Comparison } from "./compare.ts";

/** Compares JSON values with others. */
export function compareJson(args: readonly Typed[], place: Place): Comparison {
  const json = args.find(({ type }) => type.kind === "json");
  return place.scope.refuse(
    json?.at ?? place.at,
    "a JSON value in a comparison; take it out with ->> or cast it",
  );
}
