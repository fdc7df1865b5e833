import { InvalidArgumentError } from "commander";
import type { StartPoint } from "../config/config.ts";

/** Reads the value of `--from`: `earliest`, `latest`, `FILE:POSITION` or `gtid:SET`. Throws commander's InvalidArgumentError. */
export function parseStartPoint(text: string): StartPoint {
  if (text === "earliest" || text === "latest") return { kind: text };
  if (text.startsWith("gtid:")) return { kind: "gtid", gtidSet: text.slice("gtid:".length).trim() };
  const match = /^(\S+):(\d+)$/.exec(text);
  const position = Number(match?.[2]);
  if (match?.[1] !== undefined && position >= 4 && Number.isSafeInteger(position)) {
    return { kind: "position", file: match[1], position };
  }
  throw new InvalidArgumentError(
    "It must be earliest, latest, FILE:POSITION (binlog.000042:157) or gtid:SET.",
  );
}
