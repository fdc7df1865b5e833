import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";

/** What a run is asked for. */
export interface ChaosCommand {
  readonly way: "direct" | "kafka" | "load";
  readonly partitioner: "murmur2" | "canal";
  readonly kills: number;
  readonly seed: number;
  readonly keep: boolean;
}

/** The text of `--help`. */
export const HELP = `Usage: npm run chaos -- --direct|--kafka|--load [options]

Runs a random workload on a MySQL of its own (primary-key changes, transactions of 20,000 rows and more, DDL, XA, partial JSON
updates, …), while tailrace copies it to an Elasticsearch of its own; kills tailrace again and again (kill -9), restarts and
kills both servers, and cuts, stalls, refuses and delays the connections to each. In the end every row must equal its document.

Options:
  --direct         straight from MySQL to Elasticsearch
  --load           the same with tables of 100,000 rows that are there before and are loaded beside the stream, over and over; in the end \`tailrace verify\`
                   must find nothing, then 500 documents are damaged by hand, and it must find and repair exactly those
  --kafka          through a Kafka of its own with 12 partitions: a capture and a standby, and up to four syncs, all of which are killed, stopped,
                   frozen, removed and added; the broker is restarted and killed, too. No offset may be committed beyond an unwritten action.
  --partitioner P  with --kafka: murmur2 (default) or canal
  --kills N        how many times tailrace is killed (default 100, which takes about ten minutes)
  --seed N         repeats the workload and the plan of faults of an earlier run (default: a random one, which is printed)
  --keep           when the run fails: leave the servers running, to look into them
  --help           show this

Exit code 0: every row equals its document. 1: not so, and the folder that is named holds configuration, checkpoint and log.
`;

/** Parses the command line; null when help is asked for. Throws an Error that says what is wrong. */
export function parseChaosCommand(args: readonly string[]): ChaosCommand | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      direct: { type: "boolean", default: false },
      kafka: { type: "boolean", default: false },
      load: { type: "boolean", default: false },
      partitioner: { type: "string", default: "murmur2" },
      kills: { type: "string", default: "100" },
      seed: { type: "string" },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const { partitioner, direct, kafka, load } = values;
  const ways = Object.entries({ direct, kafka, load }).filter(([, isChosen]) => isChosen);
  if (ways.length !== 1) throw new Error("Which way? One of --direct, --kafka and --load.");
  if (partitioner !== "murmur2" && partitioner !== "canal")
    throw new Error(`--partitioner takes murmur2 or canal, not "${partitioner}"`);
  return {
    way: ways[0]![0] as ChaosCommand["way"],
    partitioner,
    kills: wholeNumber("--kills", values.kills),
    seed: values.seed === undefined ? randomInt(1, 2 ** 31) : wholeNumber("--seed", values.seed),
    keep: values.keep,
  };
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value > 0 && value < 2 ** 31) return value;
  throw new Error(`${option} takes a whole number from 1 to 2,147,483,647, not "${text}"`);
}
