import type { ServerOptions, Service } from "../services/contract.ts";
import { findServices, startService } from "../services/start-service.ts";

/** Servers of a run's own. */
export interface ChaosServers {
  readonly mysql: Service;
  readonly elasticsearch: Service;
  /** Null unless it was asked for. */
  readonly kafka: Service | null;
  /** Stops all and deletes their data. */
  remove(): Promise<void>;
}

/** A MySQL that loses nothing when it is killed, and whose log goes on in a new file now and then. */
export const DURABLE_MYSQL: ServerOptions = {
  sync_binlog: 1,
  innodb_flush_log_at_trx_commit: 1,
  max_binlog_size: "16M",
};

/** A Kafka that lets a consumer's session be as short as that of the old protocol. */
export const IMPATIENT_KAFKA: ServerOptions = {
  "group.consumer.session.timeout.ms": 6_000,
  "group.consumer.min.session.timeout.ms": 6_000,
  "group.consumer.heartbeat.interval.ms": 1_000,
  "group.consumer.min.heartbeat.interval.ms": 1_000,
};

/** How the servers are started. */
export interface ChaosServerOptions {
  readonly instance: string;
  /** They outlive this process, however it ends; otherwise they go with it. */
  readonly keep: boolean;
  readonly withKafka: boolean;
  readonly report: (line: string) => void;
}

/** Starts the servers, without data. */
export async function openChaosServers(options: ChaosServerOptions): Promise<ChaosServers> {
  const { instance, keep, withKafka, report } = options;
  for (const service of await findServices())
    if (service.instance === instance) await service.remove();
  const common = { instance, dedicated: true, owned: !keep, report };
  const [mysql, elasticsearch, kafka] = await Promise.all([
    startService("mysql", { ...common, options: DURABLE_MYSQL }),
    startService("elasticsearch", { ...common, heap: "512m" }),
    withKafka ? startService("kafka", { ...common, options: IMPATIENT_KAFKA, heap: "512m" }) : null,
  ]);
  report(`MySQL ${mysql.version} at ${mysql.url}`);
  report(`Elasticsearch ${elasticsearch.version} at ${elasticsearch.url}`);
  if (kafka !== null) report(`Kafka ${kafka.version} at ${kafka.url}`);
  return {
    mysql,
    elasticsearch,
    kafka,
    remove: async () => {
      await kafka?.remove();
      await elasticsearch.remove();
      await mysql.remove();
    },
  };
}
