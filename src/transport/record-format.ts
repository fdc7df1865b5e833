import { isWrapped } from "./debezium-decoder.ts";
import type { JsonMembers } from "./json-members.ts";
import type { RecordMember } from "./record-members.ts";

const LETTER_A = 0x41;
const LETTER_Z = 0x5a;

/**
 * What the record in `b` is, by its members: Canal's and Maxwell's have a type and a database, Canal's type in capitals; anything else is an envelope of Debezium's, or an
 * unwrapped row.
 */
export function recogniseFormat(
  b: Buffer,
  members: JsonMembers<RecordMember>,
): "canal" | "debezium" | "maxwell" {
  if (isWrapped(members) || (members.has("op") && members.has("source"))) return "debezium";
  const type = members.start("type");
  if (type < 0 || members.start("database") < 0) return "debezium";
  if (members.has("isDdl") || members.has("mysqlType")) return "canal";
  if (!members.has("data") && !members.has("sql")) return "debezium";
  const letter = b[type + 1]!;
  return letter >= LETTER_A && letter <= LETTER_Z ? "canal" : "maxwell";
}
