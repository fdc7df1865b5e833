import type { ServerOptions, Service } from "../../scripts/services/contract.ts";
import { startService } from "../../scripts/services/start-service.ts";
import type { TestDatabase } from "../support/mysql.ts";
import {
  recordChanges,
  type RecordedAction,
  type RecordedChanges,
} from "../support/recorded-changes.ts";

/** Runs statements on the server and records what they logged. */
export async function record(
  db: TestDatabase,
  ...statements: readonly string[]
): Promise<RecordedChanges> {
  return recordChanges({
    url: db.url.href,
    database: db.name,
    work: async () => {
      for (const statement of statements) await db.query(statement);
    },
  });
}

/** Actions as lines: the id, then the document or `deleted`. */
export function plain(actions: readonly RecordedAction[]): string[] {
  return actions.map((action) =>
    action.kind === "index" ? `${action.id} ${action.document}` : `${action.id} deleted`,
  );
}

/** What the log has since a test's schema was made, by the server's own names. */
export async function loggedTypes(db: TestDatabase): Promise<Set<string>> {
  const [file] = (await db.query<{ Log_name: string }>("show binary logs")).slice(-1);
  const events = await db.query<{ Event_type: string }>(
    `show binlog events in '${file!.Log_name}'`,
  );
  return new Set(events.map((event) => event.Event_type));
}

/** A server whose settings the test may change. */
export function startOwn(options: ServerOptions = {}): Promise<Service> {
  return startService("mariadb", { owned: true, dedicated: true, options });
}

/** For tests that start a server, ms. */
export const MINUTE = 60_000;
