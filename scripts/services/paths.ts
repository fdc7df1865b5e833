import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServiceName } from "./contract.ts";

/** The checkout's folder. */
export const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

/** Where downloads are kept; several checkouts may share one (TAILRACE_SERVICES_DIR). Default `.services` in the checkout. */
export function cacheDirectory(): string {
  return resolve(process.env["TAILRACE_SERVICES_DIR"] || join(REPOSITORY, ".services"));
}

/** Folder of the checkout's instances, each a folder with a folder for each of its servers. Never shared. */
export function instancesDirectory(): string {
  return join(REPOSITORY, ".services", "run");
}

/** Where one server of one instance keeps data, configuration, logs and state. Throws for a name that is no plain folder name. */
export function serverDirectory(name: ServiceName, instance: string): string {
  if (!/^\w[\w.-]*$/.test(instance)) {
    throw new Error(`An instance's name has letters, digits, ".", "_" and "-" only: ${instance}`);
  }
  return join(instancesDirectory(), instance, name);
}
