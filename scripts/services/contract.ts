/** The servers that this repository can get and start. */
export const SERVICE_NAMES = [
  "mysql",
  "mariadb",
  "elasticsearch",
  "opensearch",
  "kafka",
  "etcd",
  "zookeeper",
  "consul",
] as const;

/** One of {@link SERVICE_NAMES}. */
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** Environment variable that names a server which already runs; it wins over everything else. */
export const ADDRESS_VARIABLES: Readonly<Record<ServiceName, string>> = {
  mysql: "TAILRACE_MYSQL_URL",
  mariadb: "TAILRACE_MARIADB_URL",
  elasticsearch: "TAILRACE_ELASTICSEARCH_URL",
  opensearch: "TAILRACE_OPENSEARCH_URL",
  kafka: "TAILRACE_KAFKA_BROKERS",
  etcd: "TAILRACE_ETCD_URL",
  zookeeper: "TAILRACE_ZOOKEEPER_HOSTS",
  consul: "TAILRACE_CONSUL_URL",
};

/**
 * Settings of a server by name: mysqld variables, elasticsearch.yml, opensearch.yml, server.properties, zoo.cfg, flags of etcd, or keys of Consul's
 * configuration with dots between the levels.
 */
export type ServerOptions = Readonly<Record<string, string | number | boolean>>;

/** What may be said when a server is started. What is left out stays as it was at the instance's last start. */
export interface StartOptions {
  /** Servers of different instances have data of their own and run beside each other. Default "default". */
  readonly instance?: string;
  /** TCP port on 127.0.0.1; a free one is chosen and kept when it is not given. */
  readonly port?: number;
  /** The server is stopped and its data deleted when it is disposed of or this process ends, however it ends. */
  readonly owned?: boolean;
  /** Never use a server named by the environment: the caller wants to stop, restart or configure it. */
  readonly dedicated?: boolean;
  readonly options?: ServerOptions;
  /** Heap of a server in Java, as -Xmx takes it. Default "1g". */
  readonly heap?: string;
  /** A server in Java compiles with its first compiler only: it starts sooner and works slower. For tests. */
  readonly quickStart?: boolean;
  /** Kafka from packages: also listeners with SASL and TLS, and permissions; `readKafkaSecurity` says where and with what. */
  readonly secure?: boolean;
  /** Told what takes time, one line without a line end. */
  readonly report?: (line: string) => void;
}

/** Where a server comes from. */
export type Origin = "environment" | "docker" | "packages";

/** A server that answers. Disposing of it removes it when it is owned, and does nothing otherwise. */
export interface Service extends AsyncDisposable {
  readonly name: ServiceName;
  readonly instance: string;
  readonly from: Origin;
  /** `mysql://root@127.0.0.1:port/`, `http://127.0.0.1:port/`, or `127.0.0.1:port` for Kafka and ZooKeeper. */
  readonly url: string;
  readonly version: string;
  /** Id of its process at this moment, when it is one of this machine. */
  readonly pid: number | null;
  /** Folder with the server's client programs (mysql, mysqlbinlog, …), when there is one. */
  readonly bin: string | null;
  /** Folder with its data, configuration and logs, when it is ours. */
  readonly directory: string | null;
  /** Starts it again on its data and port, with other settings if they are given; nothing when it runs. */
  start(options?: ServerOptions): Promise<void>;
  /** Asks it to end and waits until it has. Its data stays. */
  stop(): Promise<void>;
  /** `stop`, then `start`. */
  restart(options?: ServerOptions): Promise<void>;
  /** Ends it as a crash would (SIGKILL) and waits until it is gone. Its data stays. */
  kill(): Promise<void>;
  /** Stops it and deletes its data, configuration and logs. */
  remove(): Promise<void>;
}

/** What `services status` shows of a server. */
export interface ServiceStatus {
  readonly name: ServiceName;
  readonly instance: string;
  readonly from: Origin;
  readonly running: boolean;
  readonly url: string;
  readonly version: string;
  readonly pid: number | null;
  readonly bin: string | null;
  readonly directory: string | null;
}
