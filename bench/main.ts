/** `npm run bench`: see --help below and docs/benchmarks/README.md. */
import { parseArgs } from "node:util";
import type { Benchmark, BenchmarkResult } from "./benchmark.ts";
import { BENCHMARKS } from "./benchmarks.ts";
import { currentLoad, describeCircumstances } from "./support/circumstances.ts";
import { writeResultsFile } from "./support/results-file.ts";
import { Servers } from "./support/servers.ts";
import { formatTable } from "./support/table.ts";

const FULL_ROWS = 500_000;

const USAGE = `Usage: npm run bench -- [NAME…] [options]

Measures tailrace and prints a table; without names everything.

${BENCHMARKS.map(({ name, summary }) => `  ${name.padEnd(20)} ${summary}`).join("\n")}

  --rows N    rows replayed (default ${FULL_ROWS}), a quarter of those loaded; with any other number, or with --quick, results are not saved
  --runs N    repetitions, the median counts (default 3)
  --quick     shorter waits, for trying a benchmark out
  --json      one JSON object a line on standard output instead of the table
  --out DIR   where raw results are saved (default docs/benchmarks)

The servers are started when needed (npm run services); TAILRACE_MYSQL_URL, TAILRACE_ELASTICSEARCH_URL and TAILRACE_KAFKA_URL name others.
`;

interface Options {
  readonly names: readonly string[];
  readonly rows: number;
  readonly runs: number;
  readonly quick: boolean;
  readonly json: boolean;
  /** Null = nothing is saved. */
  readonly folder: string | null;
}

/** Reads the command line. Throws when it is not understood. */
function readOptions(): Options | null {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rows: { type: "string", default: String(FULL_ROWS) },
      runs: { type: "string", default: "3" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      out: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const rows = readCount("--rows", values.rows);
  const isPartial = rows !== FULL_ROWS || values.quick;
  const standard = new URL("../docs/benchmarks", import.meta.url).pathname;
  return {
    names: positionals,
    rows,
    runs: readCount("--runs", values.runs),
    quick: values.quick,
    json: values.json,
    folder: values.out ?? (isPartial ? null : standard),
  };
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new Error(`${name} must be a whole number above 0`);
}

function choose(names: readonly string[]): readonly Benchmark[] {
  const unknown = names.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown !== undefined) throw new Error(`there is no benchmark ${unknown}; see --help`);
  return BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name));
}

async function main(options: Options): Promise<void> {
  const report = (line: string): void => console.error(line);
  await using servers = new Servers(report);
  const { rows, runs, quick, json, folder } = options;
  const context = {
    rows,
    runs,
    quick,
    report,
    mysql: () => servers.mysql(),
    elasticsearch: () => servers.elasticsearch(),
    kafka: () => servers.kafka(),
  };
  const results: BenchmarkResult[] = [];
  for (const benchmark of choose(options.names)) {
    report(`— ${benchmark.name}: ${benchmark.summary}`);
    const load = currentLoad();
    for (const result of await benchmark.run(context)) {
      const circumstances = describeCircumstances(load, servers.versions);
      const { name, figures } = result;
      results.push(result);
      if (json) console.log(JSON.stringify({ name, ...figures, ...circumstances }));
      if (folder === null) continue;
      const path = await writeResultsFile(folder, {
        ...result,
        circumstances,
        options: { rows, runs },
      });
      report(`saved ${path}`);
    }
  }
  if (!json) console.log(formatTable(results));
}

const options = readOptions();
if (options === null) console.log(USAGE);
else await main(options);
