import type { TailraceError } from "../../core/errors.ts";
import type { CheckpointCursor } from "../checkpoint-cursor.ts";
import { ALL_TABLES } from "./diagnose.ts";

/** Notes in the checkpoint that the source's log lacks changes behind it: whoever starts again stops there again, and a recovery knows why. */
export function noteIncident({ code }: TailraceError, cursor: CheckpointCursor): void {
  if (code !== "BINLOG_INCIDENT") return;
  const { file, position } = cursor.current();
  cursor.addGap({ database: ALL_TABLES, table: ALL_TABLES, code, file, position });
}
