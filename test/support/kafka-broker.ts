import { findFreePort } from "../../scripts/services/ports.ts";
import { startService } from "../../scripts/services/start-service.ts";
import { openProxy, type Proxy } from "./proxy.ts";

/** A broker of a test's own, with a second listener that is reached through a proxy only. */
export interface TestBroker extends AsyncDisposable {
  /** `host:port` of the direct way. */
  readonly url: string;
  /** `host:port` of the way through the proxy: the broker advertises it to those who come by it. */
  readonly proxiedUrl: string;
  readonly proxy: Proxy;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again, with these settings changed. */
  start(options?: Readonly<Record<string, string | number>>): Promise<void>;
}

/** Starts a broker; `options` are added to its server.properties. */
export async function startTestBroker(
  options: Readonly<Record<string, string | number>>,
): Promise<TestBroker> {
  await using stack = new AsyncDisposableStack();
  const [port, behind, controller] = [
    await findFreePort(),
    await findFreePort(),
    await findFreePort(),
  ];
  const proxy = stack.use(await openProxy(`kafka://127.0.0.1:${behind}`));
  const settings = {
    "controller.quorum.voters": `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${behind},CONTROLLER://127.0.0.1:${controller}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${proxy.port}`,
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT",
    ...options,
  };
  const service = stack.use(
    await startService("kafka", {
      owned: true,
      dedicated: true,
      quickStart: true,
      heap: "512m",
      port,
      options: settings,
    }),
  );
  const kept = stack.move();
  return {
    url: service.url,
    proxiedUrl: `127.0.0.1:${proxy.port}`,
    proxy,
    kill: () => service.kill(),
    start: (changed = {}) => service.start({ ...settings, ...changed }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
