import type { ServerOptions, Service } from "../services/contract.ts";
import { findServices, startService } from "../services/start-service.ts";

/** Servers of a run's own. */
export interface ChaosServers {
  readonly mysql: Service;
  readonly elasticsearch: Service;
  /** Stops both and deletes their data. */
  remove(): Promise<void>;
}

/** A MySQL that loses nothing when it is killed, and whose log goes on in a new file now and then. */
export const DURABLE_MYSQL: ServerOptions = {
  sync_binlog: 1,
  innodb_flush_log_at_trx_commit: 1,
  max_binlog_size: "16M",
};

/** How the servers are started. */
export interface ChaosServerOptions {
  readonly instance: string;
  /** They outlive this process, however it ends; otherwise they go with it. */
  readonly keep: boolean;
  readonly report: (line: string) => void;
}

/** Starts both servers, without data. */
export async function openChaosServers(options: ChaosServerOptions): Promise<ChaosServers> {
  const { instance, keep, report } = options;
  for (const service of await findServices())
    if (service.instance === instance) await service.remove();
  const common = { instance, dedicated: true, owned: !keep, report };
  const mysql = await startService("mysql", { ...common, options: DURABLE_MYSQL });
  const elasticsearch = await startService("elasticsearch", { ...common, heap: "512m" });
  report(`MySQL ${mysql.version} at ${mysql.url}`);
  report(`Elasticsearch ${elasticsearch.version} at ${elasticsearch.url}`);
  return {
    mysql,
    elasticsearch,
    remove: async () => {
      await elasticsearch.remove();
      await mysql.remove();
    },
  };
}
