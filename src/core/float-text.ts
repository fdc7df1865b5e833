/** FLOAT and DOUBLE as the texts that documents have. */

/** The shortest text, of six digits or more, that single precision takes for the number; `null` when it is not finite. */
export function float32Text(value: number): string {
  if (!Number.isFinite(value)) return "null";
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return String(shorter);
  }
  return String(Number(value.toPrecision(9)));
}

/** The shortest text that double precision takes for the number; `null` when it is not finite. */
export function float64Text(value: number): string {
  return Number.isFinite(value) ? String(value) : "null";
}
