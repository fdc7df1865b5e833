/** The text of a SET's values: its members by bit, with commas. */
export function setLabels(members: readonly string[]): (bits: bigint) => string {
  return (bits) => members.filter((_, i) => (bits >> BigInt(i)) & 1n).join(",");
}
