/**
 * The command `npm run check`: format, lint, types, unit tests and generated documents. Runs them side by side, prints the output of those
 * that fail, and exits with 1 when one does.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./services/paths.ts";

interface Check {
  readonly name: string;
  readonly args: readonly string[];
}

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
  readonly seconds: number;
}

const bin = (name: string): string => join(REPOSITORY, "node_modules", ".bin", name);

const checks: Check[] = [
  { name: "format", args: [bin("oxfmt"), "--check"] },
  { name: "lint", args: [bin("oxlint")] },
  { name: "types", args: [bin("tsc"), "-p", REPOSITORY] },
  {
    name: "unit tests",
    args: [bin("vitest"), "run", "--project", "unit", "--reporter", "minimal"],
  },
];
if (existsSync(join(REPOSITORY, "scripts", "docs.ts"))) {
  checks.push({ name: "documents", args: [join("scripts", "docs.ts"), "--check"] });
}

const outcomes = await Promise.all(checks.map(run));
for (const { name, ok, output } of outcomes) {
  if (!ok) console.log(`── ${name} ──\n${output.trim()}\n`);
}
for (const { name, ok, seconds } of outcomes) {
  console.log(`${ok ? "ok    " : "FAILED"} ${name} (${seconds.toFixed(1)} s)`);
}
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;

async function run({ name, args }: Check): Promise<Outcome> {
  const start = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: REPOSITORY,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  }
  const ok = await new Promise<boolean>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0));
  });
  const seconds = (performance.now() - start) / 1000;
  return { name, ok, output: Buffer.concat(chunks).toString(), seconds };
}
