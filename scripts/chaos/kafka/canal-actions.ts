import { TABLES } from "../tables.ts";

/** What a row of a record has to come to: a write or a delete of this document with this version or a newer one. */
export interface DueAction {
  readonly index: string;
  readonly id: string;
  readonly version: bigint;
}

interface CanalRecord {
  readonly table: string;
  readonly isDdl: boolean;
  readonly data: readonly Readonly<Record<string, string | null>>[] | null;
}

/** Columns of keys that are not `id`, in the key's order. */
const KEYS: ReadonlyMap<string, readonly string[]> = new Map([["pairs", ["tenant", "n"]]]);
const INDICES = new Map(TABLES.map(({ name, index }) => [name, index]));

/** The actions that a record of the workload's tables is due, read without tailrace's help; none for a notice of a changed definition. */
export function dueActions(value: string, version: bigint): DueAction[] {
  const { table, isDdl, data } = JSON.parse(value) as CanalRecord;
  const index = INDICES.get(table);
  if (isDdl || data === null || index === undefined) return [];
  const key = KEYS.get(table) ?? ["id"];
  return data.map((row) => ({
    index,
    id: documentId(key.map((name) => row[name] ?? "")),
    version,
  }));
}

function documentId(parts: readonly string[]): string {
  const [first = ""] = parts;
  if (parts.length === 1) return first;
  return parts.map((part) => part.replaceAll("%", "%25").replaceAll(":", "%3A")).join(":");
}
