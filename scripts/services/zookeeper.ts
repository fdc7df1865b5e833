import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { findJavaHome } from "./java.ts";
import { installJars } from "./maven.ts";
import { startDetached } from "./process.ts";
import type { ServerPackage, ServerProtocol } from "./server.ts";

const VERSION = "3.9.4";
const JAVA = 11;

/** ZooKeeper's four-letter command that tells whether it serves. */
export const zookeeperProtocol: ServerProtocol = {
  url: (port) => `127.0.0.1:${port}`,
  probe: async (hosts) => {
    const [host = "", port = ""] = (hosts.split(",")[0] ?? "").split(/:(?=\d+$)/);
    const socket = connect({ host, port: Number(port), timeout: 5000 });
    try {
      await once(socket, "connect");
      socket.end("srvr");
      let answer = "";
      for await (const chunk of socket) answer += String(chunk);
      const version = /^Zookeeper version: ([\d.]+)/m.exec(answer)?.[1];
      if (version === undefined) throw new Error(`ZooKeeper does not serve: ${answer.trim()}`);
      return version;
    } finally {
      socket.destroy();
    }
  },
};

/** Apache ZooKeeper from Maven: one server on its own. */
export const zookeeperPackage: ServerPackage = {
  logFile: "server.log",
  bin: () => null,
  install: (report) => {
    report(`ZooKeeper ${VERSION}, with the Java of ${findJavaHome("ZooKeeper", JAVA)}`);
    return installJars(`zookeeper-${VERSION}`, [
      `org.apache.zookeeper:zookeeper:${VERSION}`,
      // what its server needs and its artifact does not bring
      "io.dropwizard.metrics:metrics-core:4.1.12.1",
      "org.xerial.snappy:snappy-java:1.1.10.5",
    ]);
  },
  launch: async ({ directory, distribution, port, options, heap, quickStart }) => {
    const data = join(directory, "data");
    await mkdir(data, { recursive: true });
    const settings = {
      clientPort: port,
      clientPortAddress: "127.0.0.1",
      dataDir: data,
      tickTime: 500,
      forceSync: "no",
      "admin.enableServer": false,
      "4lw.commands.whitelist": "srvr",
      ...options,
    };
    const file = join(directory, "zoo.cfg");
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    await writeFile(file, `${lines.join("\n")}\n`);
    return startDetached({
      command: join(findJavaHome("ZooKeeper", JAVA), "bin", "java"),
      args: [
        ...(quickStart ? ["-XX:TieredStopAtLevel=1"] : []),
        `-Xmx${heap}`,
        "-cp",
        join(distribution, "*"),
        "org.apache.zookeeper.server.quorum.QuorumPeerMain",
        file,
      ],
      cwd: directory,
      logFile: join(directory, "server.log"),
    });
  },
};
