import { type ElasticsearchServer, connectElasticsearch } from "./elasticsearch.ts";
import { connectMysql, type MysqlServer } from "./mysql.ts";

/** The servers of a run of benchmarks: each is looked for on first use and closed (not stopped) at the end. */
export class Servers implements AsyncDisposable {
  readonly #report: (line: string) => void;
  #mysql: Promise<MysqlServer> | undefined;
  #elasticsearch: Promise<ElasticsearchServer> | undefined;

  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  mysql(): Promise<MysqlServer> {
    return (this.#mysql ??= openMysql(this.#report));
  }

  elasticsearch(): Promise<ElasticsearchServer> {
    return (this.#elasticsearch ??= openElasticsearch(this.#report));
  }

  /** Versions of the servers used so far, by name. */
  async versions(): Promise<Record<string, string>> {
    const versions: Record<string, string> = {};
    if (this.#mysql !== undefined) versions["mysql"] = (await this.#mysql).version;
    if (this.#elasticsearch !== undefined)
      versions["elasticsearch"] = (await this.#elasticsearch).version;
    return versions;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#mysql?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}

async function openMysql(_report: (line: string) => void): Promise<MysqlServer> {
  return connectMysql(fromEnvironment("TAILRACE_MYSQL_URL"));
}

async function openElasticsearch(_report: (line: string) => void): Promise<ElasticsearchServer> {
  return connectElasticsearch(fromEnvironment("TAILRACE_ELASTICSEARCH_URL"));
}

function fromEnvironment(name: string): string {
  const url = process.env[name];
  if (!url) throw new Error(`${name} is not set`);
  return url;
}
