import { mkdir } from "node:fs/promises";
import type { Origin, Service, ServiceName, ServiceStatus, StartOptions } from "./contract.ts";
import { hasDocker } from "./docker-backend.ts";
import { findExternalService } from "./external-service.ts";
import { LocalService } from "./local-service.ts";
import { withLock } from "./lock.ts";
import { serverDirectory } from "./paths.ts";
import { findFreePort, isPortFree } from "./ports.ts";
import { findProcess } from "./process.ts";
import { waitUntilReady } from "./readiness.ts";
import { startReaper } from "./reaper.ts";
import { PROTOCOLS } from "./registry.ts";
import { backendOf, removeOrphans } from "./remove-server.ts";
import type { ServerState } from "./state.ts";
import { listStates, readState, writeState } from "./state.ts";

let ownedInstances = 0;

/**
 * Resolves with a server that answers: the one that the environment names (`ADDRESS_VARIABLES`), else one of this checkout in Docker where
 * an engine answers, else one from packages. A server of the same name and instance that already runs is taken as it is, and one that was
 * stopped goes on with its data. Throws with what is missing, and how to install it.
 */
export async function startService(
  name: ServiceName,
  options: StartOptions = {},
): Promise<Service> {
  if (!options.dedicated) {
    const external = await findExternalService(name);
    if (external !== null) return external;
  }
  if (options.owned) await removeOrphans();
  const instance = options.instance ?? (options.owned ? nextOwnedInstance() : "default");
  const directory = serverDirectory(name, instance);
  const report = (line: string): void => options.report?.(`${name}: ${line}`);
  return withLock(directory, async () => {
    const before = await readState(directory);
    if (before !== null && (await backendOf(before).isRunning(before))) {
      return takeRunning(before, options, report);
    }
    await mkdir(directory, { recursive: true });
    const state: ServerState = {
      name,
      instance,
      directory,
      from: before?.from ?? (options.secure ? "packages" : await chooseOrigin()),
      port: await choosePort(options.port, before?.port),
      version: before?.version ?? "",
      bin: before?.bin ?? null,
      options: options.options ?? before?.options ?? {},
      heap: options.heap ?? before?.heap ?? "1g",
      quickStart: options.quickStart ?? before?.quickStart ?? false,
      secure: options.secure ?? before?.secure ?? false,
      process: null,
      owner: options.owned ? findProcess(process.pid) : null,
    };
    await writeState(state);
    // Before the start: that may be cut short too.
    const standDown = options.owned ? startReaper(directory) : null;
    const running = await backendOf(state).start(state, writeState, report);
    return new LocalService(running, { standDown, report });
  });
}

/** The servers of this checkout, running or stopped with their data. */
export async function findServices(): Promise<Service[]> {
  return (await listStates()).map((state) => new LocalService(state));
}

/** What is known of the servers of this checkout. */
export async function describeServices(): Promise<ServiceStatus[]> {
  return Promise.all((await listStates()).map(describe));
}

async function describe(state: ServerState): Promise<ServiceStatus> {
  const { name, instance, from, version, bin, directory } = state;
  const running = await backendOf(state).isRunning(state);
  const pid = running ? (state.process?.pid ?? null) : null;
  const url = PROTOCOLS[name].url(state.port);
  return { name, instance, from, running, url, version, pid, bin, directory };
}

async function takeRunning(
  state: ServerState,
  options: StartOptions,
  report: (line: string) => void,
): Promise<Service> {
  if (options.port !== undefined && options.port !== state.port) {
    throw new Error(
      `${state.name} of the instance ${state.instance} already runs on port ${state.port}: stop it first, or name another instance.`,
    );
  }
  // Whoever started it may have ended before it was ready.
  const version = await waitUntilReady({
    ...state,
    hasEnded: async () => !(await backendOf(state).isRunning(state)),
    log: async () => `see ${state.directory}`,
  });
  return new LocalService({ ...state, version }, { report });
}

/** Docker or packages: TAILRACE_SERVICES_FROM decides, else whether an engine answers. */
async function chooseOrigin(): Promise<Exclude<Origin, "environment">> {
  const wish = process.env["TAILRACE_SERVICES_FROM"];
  if (wish === "docker" || wish === "packages") return wish;
  if (wish) throw new Error(`TAILRACE_SERVICES_FROM is docker or packages, not ${wish}`);
  return (await hasDocker()) ? "docker" : "packages";
}

async function choosePort(wanted: number | undefined, before: number | undefined): Promise<number> {
  if (wanted !== undefined) {
    if (await isPortFree(wanted)) return wanted;
    throw new Error(`Port ${wanted} of 127.0.0.1 is taken by another program.`);
  }
  return before !== undefined && (await isPortFree(before)) ? before : findFreePort();
}

function nextOwnedInstance(): string {
  ownedInstances += 1;
  return `owned-${process.pid}-${ownedInstances}`;
}
