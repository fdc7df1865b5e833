import type { Chunk, ChunkReader } from "../../src/core/load.ts";
import type { JsonRow } from "../../src/core/json-row.ts";
import { openChunkReader } from "../../src/mysql/chunk-reader.ts";
import { parseConnectionUrl } from "../../src/mysql/connection.ts";
import { compileRowTexts } from "../../src/transport/row-texts.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";

/** A schema of its own and a reader of chunks. */
export interface Chunks extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly reader: ChunkReader;
  readonly isMariadb: boolean;
  /** A chunk's rows, each column as its JSON. */
  rowsOf(chunk: Chunk): readonly JsonRow[];
}

/** A chunk's rows, each column as its JSON. */
export function rowsOf({ table, buffers }: Chunk): readonly JsonRow[] {
  const readRow = compileRowTexts(table.layout);
  return buffers.flatMap((bytes) => {
    const rows: JsonRow[] = [];
    for (const next = { p: 0 }; next.p < bytes.length;)
      rows.push(readRow(bytes, next.p, bytes.length, next));
    return rows;
  });
}

/** Opens a schema on a test server, in which invalid dates may be stored, and a reader. */
export async function openChunks(server: "mysql" | "mariadb"): Promise<Chunks> {
  const database = await openTestDatabase(server);
  await database.query("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'");
  const reader = await openChunkReader(parseConnectionUrl(database.url.href));
  return {
    database,
    reader,
    isMariadb: server === "mariadb",
    rowsOf,
    [Symbol.asyncDispose]: async () => {
      await reader[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
