import type { ServerOptions } from "./contract.ts";
import type { ProcessRecord } from "./process.ts";

/** What a start from packages is given. */
export interface LaunchPlan {
  /** The server's own folder; data lies in `data/` and outlives the server. */
  readonly directory: string;
  /** The server's distribution in the cache, as {@link ServerPackage.install} returned it. */
  readonly distribution: string;
  readonly port: number;
  readonly options: ServerOptions;
  readonly heap: string;
  readonly quickStart: boolean;
  /** See `StartOptions.secure`. */
  readonly secure: boolean;
  readonly report: (line: string) => void;
}

/** How one server is got from packages and started without Docker. */
export interface ServerPackage {
  /** Downloads the server into the cache unless it is there; returns its folder. */
  install(report: (line: string) => void): Promise<string>;
  /** Writes the configuration, creates the data of a new instance and starts the server, without waiting until it answers. */
  launch(plan: LaunchPlan): Promise<ProcessRecord>;
  /** Id of the process that stays, when it is not the one that `launch` started; null until it is known. */
  readonly serverPid?: (directory: string) => Promise<number | null>;
  /** Folder with client programs in a distribution, or null. */
  bin(distribution: string): string | null;
  /** Where in the server's folder its log is. */
  readonly logFile: string;
}

/** How a server is spoken to, wherever it comes from. */
export interface ServerProtocol {
  url(port: number): string;
  /** The server's version once it answers and is ready for work; throws until then. */
  probe(url: string): Promise<string>;
}
