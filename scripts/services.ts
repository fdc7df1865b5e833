/** The command `npm run services`: gets, starts, stops and shows the servers that tests, demo and benchmarks use. */
import { parseArgs } from "node:util";
import type { ServiceName, ServiceStatus } from "./services/contract.ts";
import { ADDRESS_VARIABLES, SERVICE_NAMES } from "./services/contract.ts";
import { describeServices, findServices, startService } from "./services/start-service.ts";

const HELP = `npm run services -- up|down|status [name…] [options]

  up [name…]        gets and starts servers, each unless it runs; without a name all of them
  down [name…]      stops them; data and downloads stay
  status [name…]    shows what there is

Servers: ${SERVICE_NAMES.join(", ")}

  --port PORT       listen there (up, with one name; default: a free port, kept from then on)
  --instance NAME   servers with data of their own (default "default"; down and status: every instance)
  --wipe            delete the data too (down)
  --json            one JSON object a line on standard output
  --help

A server that runs elsewhere is named by ${Object.values(ADDRESS_VARIABLES).join(", ")}.
Else it comes from Docker where an engine answers, else from Debian's archive (MySQL, MariaDB, etcd, Consul) or Maven (the others);
TAILRACE_SERVICES_FROM=docker|packages decides. TAILRACE_SERVICES_DIR keeps the downloads for several checkouts,
TAILRACE_JAVA_HOME names a Java development kit.
`;

interface Options {
  readonly port: number | undefined;
  readonly instance: string | undefined;
  readonly wipe: boolean;
  readonly json: boolean;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: "string" },
      instance: { type: "string" },
      wipe: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [command, ...words] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const names = words.length === 0 ? SERVICE_NAMES : words.map(serviceName);
  const port = values.port === undefined ? undefined : portNumber(values.port, names);
  const options: Options = {
    port,
    instance: values.instance,
    wipe: values.wipe,
    json: values.json,
  };
  switch (command) {
    case "up":
      return up(names, options);
    case "down":
      return down(names, options);
    case "status":
      return status(names, options);
    default:
      throw new UsageError(`Unknown command ${command}: up, down or status.`);
  }
}

/** A mistake on the command line. */
class UsageError extends Error {}

async function up(names: readonly ServiceName[], options: Options): Promise<number> {
  const results = await Promise.allSettled(
    names.map(async (name) => {
      const service = await startService(name, {
        ...(options.port === undefined ? {} : { port: options.port }),
        ...(options.instance === undefined ? {} : { instance: options.instance }),
        report: (line) => console.error(line),
      });
      print({ ...pick(service), running: true }, options.json);
    }),
  );
  const failures = results.flatMap((result, index) =>
    result.status === "rejected" ? [`${names[index]}: ${messageOf(result.reason)}`] : [],
  );
  for (const failure of failures) console.error(failure);
  return failures.length === 0 ? 0 : 1;
}

async function down(names: readonly ServiceName[], options: Options): Promise<number> {
  for (const service of await findServices()) {
    if (!isMeant(service, names, options)) continue;
    await (options.wipe ? service.remove() : service.stop());
    print({ ...pick(service), running: false, pid: null }, options.json);
  }
  return 0;
}

async function status(names: readonly ServiceName[], options: Options): Promise<number> {
  const known = await describeServices();
  const shown = known.filter((service) => isMeant(service, names, options));
  for (const service of shown) print(service, options.json);
  const named =
    options.instance === undefined
      ? names.filter((name) => process.env[ADDRESS_VARIABLES[name]])
      : [];
  for (const name of named) {
    // Answers at once: the environment names it.
    print({ ...pick(await startService(name)), running: true }, options.json);
  }
  if (shown.length + named.length === 0) {
    console.error("There are no such servers yet; npm run services -- up NAME starts one.");
  }
  return 0;
}

function isMeant(
  service: { readonly name: ServiceName; readonly instance: string },
  names: readonly ServiceName[],
  options: Options,
): boolean {
  return (
    names.includes(service.name) &&
    (options.instance === undefined || options.instance === service.instance)
  );
}

function pick(service: Omit<ServiceStatus, "running">): Omit<ServiceStatus, "running"> {
  const { name, instance, from, url, version, pid, bin, directory } = service;
  return { name, instance, from, url, version, pid, bin, directory };
}

function print(service: ServiceStatus, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(service));
    return;
  }
  const where =
    service.instance === "default" ? service.name : `${service.name} (${service.instance})`;
  const process = service.pid === null ? "" : `, pid ${service.pid}`;
  const state = service.running ? `runs${process}` : "is stopped";
  console.log(`${where} ${service.version} ${state}: ${service.url} from ${service.from}`);
}

function serviceName(word: string): ServiceName {
  const name = SERVICE_NAMES.find((it) => it === word);
  if (name === undefined) {
    throw new UsageError(`Unknown server ${word}: one of ${SERVICE_NAMES.join(", ")}.`);
  }
  return name;
}

function portNumber(text: string, names: readonly ServiceName[]): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new UsageError(`--port takes a TCP port, not ${text}.`);
  }
  if (names.length !== 1) throw new UsageError("--port goes with one server's name.");
  return port;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(messageOf(error));
  const code = (error as { readonly code?: unknown }).code;
  const usage = error instanceof UsageError || String(code).startsWith("ERR_PARSE_ARGS");
  process.exitCode = usage ? 2 : 1;
}
