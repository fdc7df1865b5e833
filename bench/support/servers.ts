import type { Service, ServiceName, StartOptions } from "../../scripts/services/contract.ts";
import { describeServices, startService } from "../../scripts/services/start-service.ts";
import { connectElasticsearch, type ElasticsearchServer } from "./elasticsearch.ts";
import { connectMysql, type MysqlServer } from "./mysql.ts";

/** Servers of our own: their data stays, so that what is written once is found again by the next run. */
const INSTANCE = "bench";

const MYSQL_OPTIONS: StartOptions = {
  options: { innodb_buffer_pool_size: "512M", innodb_redo_log_capacity: "256M" },
};
const ELASTICSEARCH_OPTIONS: StartOptions = { heap: "2g" };
const KAFKA_OPTIONS: StartOptions = { heap: "1g" };

/** The servers of a run of benchmarks: each is started on first use, and stopped at the end if it did not run before. */
export class Servers implements AsyncDisposable {
  readonly #report: (line: string) => void;
  readonly #stack = new AsyncDisposableStack();
  readonly #versions: Record<string, string> = {};
  #mysql: Promise<MysqlServer> | undefined;
  #elasticsearch: Promise<ElasticsearchServer> | undefined;
  #kafka: Promise<string> | undefined;

  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  mysql(): Promise<MysqlServer> {
    this.#mysql ??= this.#start("mysql", MYSQL_OPTIONS).then(async ({ url }) =>
      this.#stack.use(await connectMysql(url)),
    );
    return this.#mysql;
  }

  elasticsearch(): Promise<ElasticsearchServer> {
    this.#elasticsearch ??= this.#start("elasticsearch", ELASTICSEARCH_OPTIONS).then(({ url }) =>
      connectElasticsearch(url),
    );
    return this.#elasticsearch;
  }

  /** The brokers, `host:port`. */
  kafka(): Promise<string> {
    this.#kafka ??= this.#start("kafka", KAFKA_OPTIONS).then(({ url }) => url);
    return this.#kafka;
  }

  /** Versions of the servers used so far, by name. */
  get versions(): Readonly<Record<string, string>> {
    return this.#versions;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #start(name: ServiceName, options: StartOptions): Promise<Service> {
    const before = await describeServices();
    const ran = before.some(
      (known) => known.name === name && known.instance === INSTANCE && known.running,
    );
    const service = await startService(name, {
      ...options,
      instance: INSTANCE,
      report: this.#report,
    });
    if (!ran && service.from !== "environment") this.#stack.defer(() => service.stop());
    this.#versions[name] = service.version;
    return service;
  }
}
