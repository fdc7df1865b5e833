import type { RowLayout } from "../core/row-layout.ts";
import { walkSource } from "../core/row-source.ts";

/**
 * The body of a function `(b, p, q, end)`: do these columns, in ascending order, have the same bytes in the row images at `p` and `q`? Equal bytes are equal values in every
 * type; a value with two forms in bytes (a JSON document after a partial update) at most counts as changed.
 */
export function sameCode(
  layout: RowLayout,
  indices: readonly number[],
  helpers: Record<string, unknown>,
): string {
  helpers["sameBytes"] = sameBytes;
  const wanted = new Set(indices);
  const count = (indices.at(-1) ?? -1) + 1;
  const names = indices.flatMap((index) => [`s${index} = -1`, `e${index} = -1`]);
  const before = walkSource(layout, count, (index) =>
    wanted.has(index)
      ? { before: "", value: `s${index} = p; ${layout.skip(index)} e${index} = p;`, none: "" }
      : null,
  );
  const after = walkSource(layout, count, (index) =>
    wanted.has(index)
      ? {
          before: "",
          value: `{ const s = p; ${layout.skip(index)} if (p > end || !sameBytes(b, s${index}, e${index}, s, p)) return false; }`,
          none: `if (s${index} >= 0) return false;`,
        }
      : null,
  );
  if (names.length === 0) return "return true;";
  return `let ${names.join(", ")}; { ${before} } p = q; { ${after} } return true;`;
}

/** Beyond this many bytes a call into the runtime is cheaper than the loop. */
const RUNTIME_COMPARE_BYTES = 64;

/** Are `b[p, end)` and `b[q, qEnd)` equal? A negative `p` is NULL. */
function sameBytes(b: Buffer, p: number, end: number, q: number, qEnd: number): boolean {
  const length = end - p;
  if (p < 0 || qEnd - q !== length) return false;
  if (length >= RUNTIME_COMPARE_BYTES) return b.compare(b, q, qEnd, p, end) === 0;
  for (let i = 0; i < length; i++) if (b[p + i] !== b[q + i]) return false;
  return true;
}
