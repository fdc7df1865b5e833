import type { Service, ServiceName } from "../services/contract.ts";
import { startService } from "../services/start-service.ts";
import type { Screen } from "./screen.ts";

/** The servers of the demo. Disposing of them stops those that were started here, unless they are kept. */
export interface DemoServers extends AsyncDisposable {
  readonly mysql: DemoServer;
  readonly elasticsearch: DemoServer;
}

/** A server of the demo. */
export interface DemoServer {
  readonly url: URL;
  /** Ours, and nobody else's: its log and its indices begin with the demo. */
  readonly isOurs: boolean;
  /** Folder with its client programs, when there is one. */
  readonly bin: string | null;
}

const TITLES = { mysql: "MySQL", elasticsearch: "Elasticsearch" } as const;

type DemoServerName = Extract<ServiceName, keyof typeof TITLES>;

/** Gets and starts both servers, one after the other, or takes those that the environment names. */
export async function openDemoServers(screen: Screen, keep: boolean): Promise<DemoServers> {
  await using services = new AsyncDisposableStack();
  const open = async (name: DemoServerName): Promise<DemoServer> => {
    const named = process.env[`TAILRACE_DEMO_${name.toUpperCase()}_URL`];
    if (named) {
      screen.print(`  ${TITLES[name].padEnd(16)} ${withoutPassword(named)}`);
      return { url: new URL(named), isOurs: false, bin: null };
    }
    const step = screen.step(TITLES[name]);
    const service: Service = await startService(name, {
      ...(keep ? { instance: "demo" } : { owned: true }),
      report: (line) => step.note(line.replace(`${name}: `, "")),
    });
    services.use(service);
    step.done(`${service.version} at ${withoutPassword(service.url)}`);
    return {
      url: new URL(service.url),
      isOurs: service.from !== "environment",
      bin: service.bin,
    };
  };
  const mysql = await open("mysql");
  const elasticsearch = await open("elasticsearch");
  const held = services.move();
  return { mysql, elasticsearch, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password !== "") shown.password = "***";
  return shown.href;
}
