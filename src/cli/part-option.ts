import { Option } from "commander";

/** `--part`, of commands that take a configuration with `[kafka]`. */
export function partOption(description: string): Option {
  return new Option("--part <part>", description).choices(["capture", "sync"]);
}
