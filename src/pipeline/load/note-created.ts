import type { SchemaChangeEvent } from "../../core/change-event.ts";
import { newLoad } from "../../snapshot/new-load.ts";
import type { CheckpointCursor } from "../checkpoint-cursor.ts";
import type { RuleSet } from "../rule-set.ts";

/** A table that was created while the log is read comes whole by the log: it counts as loaded, unless something of it is known already. */
export function noteCreated(
  { type, database, table }: SchemaChangeEvent,
  cursor: CheckpointCursor,
  rules: RuleSet,
): void {
  const names = rules.rulesOf(database, table).map(({ config }) => config.name);
  const isKnown = cursor.loads?.some((load) => load.database === database && load.table === table);
  if (type !== "CREATE" || names.length === 0 || isKnown !== false) return;
  cursor.putLoad({
    ...newLoad({ database, table, rules: names, where: undefined }),
    state: "done",
  });
}
