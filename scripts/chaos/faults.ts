import type { Proxy } from "../../test/support/proxy.ts";
import type { Service } from "../services/contract.ts";
import type { Random } from "../support/random.ts";

/** What faults are done to. */
export interface FaultTargets {
  /** Between the pipeline and its servers. */
  readonly proxies: { readonly mysql: Proxy; readonly elasticsearch: Proxy };
  /** Servers that may be stopped; null = leave it alone. */
  readonly servers: {
    readonly mysql: Service | null;
    readonly elasticsearch: Service | null;
    readonly kafka?: Service;
  };
  /** Called when Elasticsearch is about to be stopped and when it is back: what it remembers of deletions may be gone. */
  readonly onElasticsearchRestart: () => void;
  /** Waits; shorter when the run is over. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** A fault of the plan. Its `run` resolves when it is over, and leaves everything working; false = there was nothing that it may be done to. */
export interface Fault {
  readonly name: string;
  readonly run: (targets: FaultTargets) => Promise<boolean>;
}

type Side = keyof FaultTargets["proxies"];

interface FaultKind {
  readonly weight: number;
  readonly item: (random: Random, side: Side) => Fault;
}

const PROXY_FAULTS: readonly FaultKind[] = [
  { weight: 3, item: (_random, side) => proxyFault(`cut ${side}`, side, (proxy) => proxy.cut()) },
  {
    weight: 4,
    item: (random, side) => {
      const ms = random.integer(300, 8_000);
      return proxyFault(`stall ${side}`, side, async (proxy, { sleep }) => {
        proxy.stall();
        await sleep(ms);
        proxy.resume();
      });
    },
  },
  {
    weight: 3,
    item: (random, side) => {
      const ms = random.integer(300, 4_000);
      const alsoCuts = random.chance(0.7);
      return proxyFault(`refuse ${side}`, side, async (proxy, { sleep }) => {
        await proxy.refuse();
        if (alsoCuts) proxy.cut();
        await sleep(ms);
        await proxy.accept();
      });
    },
  },
  {
    weight: 2,
    item: (random, side) => {
      const delayMs = random.integer(2, 60);
      const ms = random.integer(500, 6_000);
      return proxyFault(`delay ${side}`, side, async (proxy, { sleep }) => {
        proxy.delay(delayMs);
        await sleep(ms);
        proxy.delay(0);
      });
    },
  },
  {
    // the peer learns of it only when it comes back
    weight: 2,
    item: (random, side) => {
      const ms = random.integer(300, 5_000);
      return proxyFault(`stall, then cut ${side}`, side, async (proxy, { sleep }) => {
        proxy.stall();
        await sleep(ms);
        proxy.cut();
        proxy.resume();
      });
    },
  },
];

/** How much more often a fault of the network is than one of a server. */
const PROXY_WEIGHT = 5;
const SERVER_WEIGHT = 1;
/** How often a fault is one of Kafka. */
const KAFKA_CHANCE = 1 / 7;

/** A fault of a plan, and how long after the last one it is done, ms. */
export interface PlannedFault {
  readonly afterMs: number;
  readonly fault: Fault;
}

/** The next fault of a plan. The same random choices give the same plan. */
export function planFault(random: Random): PlannedFault {
  const afterMs = random.integer(500, 9_000);
  const side = random.pick(["mysql", "elasticsearch"] as const);
  const isServer = random.chance(SERVER_WEIGHT / (PROXY_WEIGHT + SERVER_WEIGHT));
  if (!isServer) return { afterMs, fault: random.pickWeighted(PROXY_FAULTS)(random, side) };
  const isCrash = random.chance(0.5);
  const downMs = random.integer(0, 1_500);
  return { afterMs, fault: side === "mysql" ? mysqlFault(isCrash, downMs) : searchFault(isCrash) };
}

/** The same where Kafka lies in between: now and then the broker is restarted, which no proxy can stand before, for it names its own address. */
export function planFaultWithKafka(random: Random): PlannedFault {
  const { afterMs, fault } = planFault(random);
  const isKafka = random.chance(KAFKA_CHANCE);
  const isCrash = random.chance(0.5);
  const downMs = random.integer(0, 4_000);
  return { afterMs, fault: isKafka ? kafkaFault(isCrash, downMs) : fault };
}

function proxyFault(
  name: string,
  side: Side,
  run: (proxy: Proxy, targets: FaultTargets) => Promise<void> | void,
): Fault {
  return {
    name,
    run: async (targets) => {
      await run(targets.proxies[side], targets);
      return true;
    },
  };
}

function mysqlFault(isCrash: boolean, downMs: number): Fault {
  return {
    name: isCrash ? "kill -9 MySQL" : "restart MySQL",
    run: async ({ servers: { mysql }, sleep }) => {
      if (mysql === null) return false;
      await (isCrash ? mysql.kill() : mysql.stop());
      await sleep(downMs);
      await mysql.start();
      return true;
    },
  };
}

function kafkaFault(isCrash: boolean, downMs: number): Fault {
  return {
    name: isCrash ? "kill -9 Kafka" : "restart Kafka",
    run: async ({ servers: { kafka }, sleep }) => {
      if (kafka === undefined) return false;
      await (isCrash ? kafka.kill() : kafka.stop());
      await sleep(downMs);
      await kafka.start();
      return true;
    },
  };
}

function searchFault(isCrash: boolean): Fault {
  return {
    name: isCrash ? "kill -9 Elasticsearch" : "restart Elasticsearch",
    run: async ({ servers: { elasticsearch }, onElasticsearchRestart }) => {
      if (elasticsearch === null) return false;
      onElasticsearchRestart();
      await (isCrash ? elasticsearch.kill() : elasticsearch.stop());
      await elasticsearch.start();
      onElasticsearchRestart();
      return true;
    },
  };
}
