import type { MysqlConnectionConfig } from "./config.ts";
import { readSourceAddress } from "./connections.ts";
import { optional } from "./optional.ts";
import type { Report } from "./problems.ts";
import type { MysqlServerDocument } from "./schema-mysql-server.ts";
import { readTls, type FileSources } from "./tls.ts";

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

/** A MySQL server given as a URL or as a table; problems are reported at its keys, those of a URL at its own. */
export function readMysqlServer(
  document: MysqlServerDocument,
  { sources, report }: { readonly sources: FileSources; readonly report: Report },
): MysqlConnectionConfig {
  if (typeof document === "string") {
    const at: Report = (_, message) => report([], message);
    return {
      ...readSourceAddress({ url: document }, at),
      connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS,
    };
  }
  const tlsBelow: Report = (path, message) => report(["tls", ...path], message);
  return {
    ...readSourceAddress(document, report),
    ...optional("tls", document.tls && readTls(document.tls, sources, tlsBelow)),
    connectTimeoutMs: document.connect_timeout,
  };
}
