import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import type { Backend } from "./backend.ts";
import { hasCommand, runCommand } from "./command.ts";
import { nest } from "./consul.ts";
import { REPOSITORY } from "./paths.ts";
import { waitUntilReady } from "./readiness.ts";
import { PROTOCOLS } from "./registry.ts";
import { ACCOUNTS } from "./sql-server.ts";
import type { ServerState } from "./state.ts";

const COMPOSE = join(REPOSITORY, "deploy", "compose.yaml");

let engine: Promise<boolean> | undefined;

/** Does a Docker engine with `docker compose` answer? Asked once. */
export function hasDocker(): Promise<boolean> {
  engine ??= askDocker();
  return engine;
}

async function askDocker(): Promise<boolean> {
  if (!hasCommand("docker")) return false;
  try {
    await runCommand("docker", ["info"]);
    await runCommand("docker", ["compose", "version"]);
    return true;
  } catch {
    return false;
  }
}

/** Servers as containers, each a compose project of its own. */
export const dockerBackend: Backend = {
  start: async (state, save, report) => {
    report("starting its container");
    await save(state);
    await writeOverride(state);
    await compose(state, ["up", "--detach", state.name]);
    const version = await waitUntilReady({
      ...state,
      hasEnded: async () => !(await isRunning(state)),
      log: () => compose(state, ["logs", "--tail", "20"]),
    });
    if (isSql(state)) await createAccounts(state);
    const running = { ...state, version };
    await save(running);
    return running;
  },
  isRunning,
  stop: async (state) => {
    await compose(state, ["stop", "--timeout", "60"]);
  },
  kill: async (state) => {
    await compose(state, ["kill", "--signal", "SIGKILL"]);
  },
  remove: async (state) => {
    await compose(state, ["down", "--volumes"]);
  },
};

async function isRunning(state: ServerState): Promise<boolean> {
  return (await compose(state, ["ps", "--status", "running", "--quiet"])).trim() !== "";
}

function isSql(state: ServerState): boolean {
  return state.name === "mysql" || state.name === "mariadb";
}

/** Runs `docker compose` for the server's project; deploy/compose.yaml says what it does with the variables. */
function compose(state: ServerState, args: readonly string[]): Promise<string> {
  const checkout = createHash("sha256").update(REPOSITORY).digest("hex").slice(0, 8);
  const project = `tailrace-${checkout}-${state.instance}-${state.name}`;
  const options = isSql(state) ? Object.entries(state.options) : [];
  return runCommand(
    "docker",
    [
      "compose",
      "--project-name",
      project.toLowerCase().replaceAll(/[^a-z0-9_-]/g, "-"),
      "--file",
      COMPOSE,
      "--file",
      join(state.directory, "override.json"),
      ...args,
    ],
    {
      env: {
        TAILRACE_PORT: String(state.port),
        TAILRACE_HEAP: state.heap,
        TAILRACE_SERVER_OPTIONS: options
          .map(([name, value]) => `'--${name}=${String(value).replaceAll("'", `'\\''`)}'`)
          .join(" "),
      },
    },
  );
}

/** Servers that are not SQL servers take their options from the environment, which a second compose file adds to. */
async function writeOverride(state: ServerState): Promise<void> {
  const environment = isSql(state) ? {} : environmentOf(state);
  await writeFile(
    join(state.directory, "override.json"),
    JSON.stringify({ services: { [state.name]: { environment } } }),
  );
}

/** The options as each image's own rule has them in the environment. */
function environmentOf({ name, options }: ServerState): Readonly<Record<string, string>> {
  const entries = Object.entries(options);
  if (entries.length === 0) return {};
  if (name === "zookeeper") {
    return { ZOO_CFG_EXTRA: entries.map(([key, value]) => `${key}=${value}`).join(" ") };
  }
  if (name === "consul") return { CONSUL_LOCAL_CONFIG: JSON.stringify(nest(options)) };
  const prefix = { kafka: "KAFKA_", etcd: "ETCD_" }[name as string];
  return Object.fromEntries(
    entries.map(([key, value]) => [
      prefix === undefined ? key : `${prefix}${key.replaceAll(/[.-]/g, "_").toUpperCase()}`,
      String(value),
    ]),
  );
}

async function createAccounts(state: ServerState): Promise<void> {
  const connection = await createConnection(PROTOCOLS[state.name].url(state.port));
  try {
    for (const statement of ACCOUNTS) await connection.query(statement);
  } finally {
    await connection.end();
  }
}
