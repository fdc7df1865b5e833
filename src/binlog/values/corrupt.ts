import { TailraceError } from "../../core/errors.ts";

/** Throws BINLOG_CORRUPT for a value whose bytes its type cannot have; `what` names the type. */
export function corruptValue(what: string): never {
  throw new TailraceError("BINLOG_CORRUPT", `A row image has bytes that no ${what} has.`);
}
