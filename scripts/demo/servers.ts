import type { Service, ServiceName } from "../services/contract.ts";
import { startService } from "../services/start-service.ts";
import type { Screen } from "./screen.ts";

/** The servers of the demo. Disposing of them stops those that were started here, unless they are kept. */
export interface DemoServers extends AsyncDisposable {
  readonly mysql: DemoServer;
  readonly elasticsearch: DemoServer;
  /** Null when the demo goes without it; its URL has the scheme `kafka:`. */
  readonly kafka: DemoServer | null;
}

/** A server of the demo. */
export interface DemoServer {
  readonly url: URL;
  /** Ours, and nobody else's: its log and its indices begin with the demo. */
  readonly isOurs: boolean;
  /** Folder with its client programs, when there is one. */
  readonly bin: string | null;
}

const TITLES = { mysql: "MySQL", kafka: "Kafka", elasticsearch: "Elasticsearch" } as const;

type DemoServerName = Extract<ServiceName, keyof typeof TITLES>;

/** Gets and starts the servers, one after the other, or takes those that the environment names. */
export async function openDemoServers(
  screen: Screen,
  { keep, kafka: withKafka }: { readonly keep: boolean; readonly kafka: boolean },
): Promise<DemoServers> {
  await using services = new AsyncDisposableStack();
  const open = async (name: DemoServerName): Promise<DemoServer> => {
    const named = process.env[`TAILRACE_DEMO_${name.toUpperCase()}_URL`];
    if (named) {
      const url = serverUrl(name, named);
      screen.print(`  ${TITLES[name].padEnd(16)} ${withoutPassword(url)}`);
      return { url, isOurs: false, bin: null };
    }
    const step = screen.step(TITLES[name]);
    const service: Service = await startService(name, {
      ...(keep ? { instance: "demo" } : { owned: true }),
      report: (line) => step.note(line.replace(`${name}: `, "")),
    });
    services.use(service);
    const url = serverUrl(name, service.url);
    step.done(`${service.version} at ${withoutPassword(url)}`);
    return {
      url,
      isOurs: service.from !== "environment",
      bin: service.bin,
    };
  };
  const mysql = await open("mysql");
  const kafka = withKafka ? await open("kafka") : null;
  const elasticsearch = await open("elasticsearch");
  const held = services.move();
  return { mysql, elasticsearch, kafka, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Kafka's address is `host:port`. */
function serverUrl(name: DemoServerName, text: string): URL {
  return new URL(name === "kafka" ? `kafka://${text.replace(/^kafka:\/\//, "")}` : text);
}

function withoutPassword(url: URL): string {
  if (url.protocol === "kafka:") return url.host;
  const shown = new URL(url);
  if (shown.password !== "") shown.password = "***";
  return shown.href;
}
