import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchmarkResult } from "../benchmark.ts";
import type { Circumstances } from "./circumstances.ts";

/** What a results file holds. */
export interface ResultsFile extends BenchmarkResult {
  readonly circumstances: Circumstances;
  /** How the benchmark was asked for. */
  readonly options: { readonly rows: number; readonly runs: number };
}

/** Writes `FOLDER/YYYY-MM-DD-NAME.json`; a later run of the day replaces an earlier one. Returns the path. */
export async function writeResultsFile(folder: string, results: ResultsFile): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${results.circumstances.date.slice(0, 10)}-${results.name}.json`);
  await writeFile(path, `${onePairALine(JSON.stringify(results, shorten, 1))}\n`);
  return path;
}

/** Measured numbers carry no more than six significant digits; whole numbers stay. */
function shorten(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value)
    ? Number(value.toPrecision(6))
    : value;
}

/** Puts each [number, number] of a curve on one line. */
function onePairALine(json: string): string {
  return json.replaceAll(/\[\s+([\d.]+),\s+([\d.]+)\s+\]/g, "[$1, $2]");
}
