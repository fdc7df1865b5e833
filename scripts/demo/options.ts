import { parseArgs } from "node:util";
import { parseDuration } from "../../src/config/units.ts";

/** What the demo is asked for. */
export interface DemoOptions {
  /** How long the shop's rows change, ms; null = until Ctrl-C. */
  readonly forMs: number | null;
  /** Kafka in between: a capture and two syncs instead of one process. */
  readonly kafka: boolean;
  /** Compare every row with its document at the end, by other means than `tailrace verify`. */
  readonly verify: boolean;
  /** Leave the servers that were started running. */
  readonly keep: boolean;
}

/** The text of `--help`. */
export const HELP = `Usage: npm run demo -- [options]

Starts a real MySQL and a real Elasticsearch, creates a shop of 100,000 rows in MySQL, starts tailrace, which loads them, and keeps
changing the shop, while a line shows how far the documents are behind. In the end \`tailrace verify\` compares all of them with
their rows. The first run downloads the servers; the next ones start in about 15 seconds. Ctrl-C stops everything.

Options:
  --kafka          put Kafka between the two: one process captures into topics, two others share them
  --for DURATION   stop the changes after this time ("20s", "5m"), then end
  --verify         at the end compare every row with its document by MySQL's own functions, too; exit code 1 when one differs
  --keep           leave the servers running (npm run services -- down --instance demo stops them)
  --help           show this

Environment:
  TAILRACE_DEMO_MYSQL_URL           use this MySQL instead: mysql://user:password@host:port/ (the demo creates a database
                                    tailrace_demo there, and the user must be allowed to do that and to replicate)
  TAILRACE_DEMO_ELASTICSEARCH_URL   use this Elasticsearch or OpenSearch instead: http://user:password@host:port/ (indices
                                    tailrace-demo-*)
  TAILRACE_DEMO_KAFKA_URL           with --kafka use these brokers instead: host:port (topics tailrace_demo…)
`;

/** Parses the command line; null when help is asked for. Throws an Error that says what is wrong. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      for: { type: "string" },
      kafka: { type: "boolean", default: false },
      verify: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const forMs = values.for === undefined ? null : parseDuration(values.for);
  if (values.for !== undefined && forMs === null)
    throw new Error(`--for takes a duration with its unit, such as 20s or 5m, not "${values.for}"`);
  return { forMs, kafka: values.kafka, verify: values.verify, keep: values.keep };
}
