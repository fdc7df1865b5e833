import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { exists } from "./debian-root.ts";
import { findJavaHome } from "./java.ts";
import {
  prepareKafkaSecurity,
  scramArguments,
  secureSettings,
  type KafkaSecurity,
} from "./kafka-security.ts";
import { installJars } from "./maven.ts";
import { findFreePort } from "./ports.ts";
import { startDetached } from "./process.ts";
import type { LaunchPlan, ServerPackage, ServerProtocol } from "./server.ts";

const VERSION = "4.4.0";
// Kafka brings the interface of its logger only: without a binding the broker logs nothing.
const LOGGER = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5";
const JAVA = 17;

const LOGGING = `rootLogger.level = info
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = [%d] %p %m (%c)%n
`;

/** Kafka's own protocol, as far as asking whether it is there. Its version is not in that answer. */
export const kafkaProtocol: ServerProtocol = {
  url: (port) => `127.0.0.1:${port}`,
  probe: async (brokers) => {
    const [host = "", port = ""] = (brokers.split(",")[0] ?? "").split(/:(?=\d+$)/);
    const socket = connect({ host, port: Number(port), timeout: 5000 });
    try {
      await once(socket, "connect");
      // Size; then ApiVersions (key 18), version 0, correlation id 1, no client id.
      socket.write(Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]));
      const [answer] = (await once(socket, "data", {
        signal: AbortSignal.timeout(5000),
      })) as [Buffer];
      // Size, correlation id, then the error code.
      if (answer.length < 10 || answer.readInt16BE(8) !== 0) throw new Error("no Kafka broker");
      return VERSION;
    } finally {
      socket.destroy();
    }
  },
};

/** Apache Kafka from Maven: one node, broker and controller in one. */
export const kafkaPackage: ServerPackage = {
  logFile: "server.log",
  bin: () => null,
  install: (report) => {
    report(`Kafka ${VERSION}, with the Java of ${findJavaHome("Kafka", JAVA)}`);
    return installJars(`kafka-${VERSION}`, [`org.apache.kafka:kafka_2.13:${VERSION}`, LOGGER]);
  },
  launch: async (plan) => {
    const { directory } = plan;
    const security = plan.secure ? await prepareKafkaSecurity(directory) : null;
    const properties = await writeProperties(plan, security);
    const logging = join(directory, "log4j2.properties");
    await writeFile(logging, LOGGING);
    const java = join(findJavaHome("Kafka", JAVA), "bin", "java");
    const common = [
      ...(plan.quickStart ? ["-XX:TieredStopAtLevel=1"] : []),
      `-Dlog4j2.configurationFile=${logging}`,
      "-cp",
      join(plan.distribution, "*"),
    ];
    if (!(await exists(join(directory, "data", "meta.properties")))) {
      await mkdir(join(directory, "data"), { recursive: true });
      // A cluster's id: 16 bytes in base64 for URLs; one that begins with a dash would be taken for an option.
      const id = randomBytes(16).toString("base64url").replace(/^-/, "A");
      const format = ["kafka.tools.StorageTool", "format", "-t", id, "-c", properties];
      const users = security === null ? [] : scramArguments(security);
      await runCommand(java, [...common, ...format, "--ignore-formatted", ...users]);
    }
    return startDetached({
      command: java,
      args: [`-Xmx${plan.heap}`, "-XX:+UseG1GC", ...common, "kafka.Kafka", properties],
      cwd: directory,
      logFile: join(directory, "server.log"),
    });
  },
};

async function writeProperties(plan: LaunchPlan, security: KafkaSecurity | null): Promise<string> {
  const controller = `127.0.0.1:${await findFreePort()}`;
  const listener = `PLAINTEXT://127.0.0.1:${plan.port}`;
  const plain = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@${controller}`,
    "controller.listener.names": "CONTROLLER",
    listeners: `${listener},CONTROLLER://${controller}`,
    "advertised.listeners": listener,
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "log.dirs": join(plan.directory, "data"),
    "num.partitions": 3,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 5,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 5,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
  };
  const settings = {
    ...(security === null ? plain : secureSettings(plan.directory, security, plain)),
    ...plan.options,
  };
  const file = join(plan.directory, "server.properties");
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}
