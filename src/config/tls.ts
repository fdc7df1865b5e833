import { resolve } from "node:path";
import type { TlsConfig } from "./config.ts";
import type { Report } from "./problems.ts";

/** What relative paths are relative to, and how files are read (throws when one cannot be). */
export interface FileSources {
  readonly folder: string;
  readonly readText: (path: string) => string;
}

/** The keys of a `tls` table. */
export interface TlsKeys {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly insecure: boolean;
  readonly verify_host?: boolean | undefined;
}

/** A `tls` table with the content of the PEM files that it names. */
export function readTls(keys: TlsKeys, sources: FileSources, report: Report): TlsConfig {
  const read = (name: "ca" | "cert" | "key"): Pick<TlsConfig, "ca" | "cert" | "key"> => {
    const value = keys[name];
    if (value === undefined) return {};
    if (value.includes("-----BEGIN")) return { [name]: value };
    const file = resolve(sources.folder, value);
    try {
      const text = sources.readText(file);
      if (text.includes("-----BEGIN")) return { [name]: text };
      report([name], `the file ${file} is no PEM file`);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
      report([name], `the file ${file} cannot be read (${code})`);
    }
    return {};
  };
  if (keys.cert !== undefined && keys.key === undefined) report(["cert"], "needs a key beside it");
  if (keys.key !== undefined && keys.cert === undefined) report(["key"], "needs a cert beside it");
  return {
    ...read("ca"),
    ...read("cert"),
    ...read("key"),
    insecure: keys.insecure,
    verifyHost: keys.verify_host ?? true,
  };
}
