import type { Service, ServiceName } from "../services/contract.ts";
import { startService } from "../services/start-service.ts";

const SERVERS = ["mysql", "mariadb", "elasticsearch", "opensearch", "kafka"] as const;

/** Servers that the tests use, and the environment in which the tests find them. Disposing of them stops and deletes ours. */
export interface TestServers extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Gets and starts the tests' servers, except those that the environment names (TAILRACE_TEST_MYSQL_URL, …, or TAILRACE_MYSQL_URL, …).
 * When one cannot be had, the others are stopped and it throws.
 */
export async function startTestServers(report: (line: string) => void): Promise<TestServers> {
  await using stack = new AsyncDisposableStack();
  const environment: Record<string, string> = {};
  const start = async (name: (typeof SERVERS)[number]): Promise<void> => {
    if (process.env[urlVariable(name)]) return;
    const service = stack.use(
      await startService(name, { owned: true, heap: "512m", quickStart: true, report }),
    );
    report(`${name}: ${service.version} at ${service.url} from ${service.from}`);
    Object.assign(environment, environmentOf(service));
  };
  const results = await Promise.allSettled(SERVERS.map(start));
  const failures = results.flatMap((result) =>
    result.status === "rejected" ? [result.reason as unknown] : [],
  );
  if (failures.length > 0) throw new AggregateError(failures, failures.map(messageOf).join("\n"));
  const kept = stack.move();
  return { environment, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function environmentOf(service: Service): Readonly<Record<string, string>> {
  const url = { [urlVariable(service.name)]: service.url };
  // Where the tests find mysqlbinlog and mariadb-binlog.
  const bin = `TAILRACE_TEST_${service.name.toUpperCase()}_BIN`;
  return service.bin === null ? url : { ...url, [bin]: service.bin };
}

function urlVariable(name: ServiceName): string {
  return `TAILRACE_TEST_${name.toUpperCase()}_URL`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
