import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runKafkaChaos } from "./chaos/kafka/run.ts";
import { type ChaosCommand, HELP, parseChaosCommand } from "./chaos/options.ts";
import { loadScene } from "./chaos/load/load-scene.ts";
import { formatProgress, formatResult, isGood } from "./chaos/report.ts";
import { type ChaosOptions, runChaos } from "./chaos/run-chaos.ts";
import { openChaosServers } from "./chaos/servers.ts";
import { REPOSITORY } from "./services/paths.ts";
import { onStopSignal } from "./stop-signals.ts";
import { lastLogLines, shownPath } from "./support/pipeline-process.ts";

/** How often a line of progress is printed. */
const PROGRESS_MS = 10_000;

const stop = new AbortController();
let isRunning = false;
onStopSignal((count) => {
  if (!isRunning || count > 1) process.exit(130);
  stop.abort();
});

async function main(): Promise<number> {
  let command: ChaosCommand | null;
  try {
    command = parseChaosCommand(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (command === null) {
    process.stdout.write(HELP);
    return 0;
  }
  const { way, seed, kills, keep, partitioner } = command;
  const folder = join(REPOSITORY, ".tailrace", `chaos-${seed}`);
  const through = {
    direct: "",
    kafka: ` through Kafka, partitioner ${partitioner}`,
    load: " beside loads",
  }[way];
  console.log(`Chaos${through} with seed ${seed}: ${kills} kills (--seed ${seed} repeats it)`);
  const servers = await openChaosServers({
    instance: `chaos-${seed}`,
    keep,
    withKafka: way === "kafka",
    report: (line) => console.log(`  ${line}`),
  });
  let isDone = false;
  isRunning = true;
  try {
    const startMs = performance.now();
    let printedMs = startMs;
    const options: ChaosOptions = {
      seed,
      kills,
      mysql: servers.mysql,
      elasticsearch: new URL(servers.elasticsearch.url),
      elasticsearchService: servers.elasticsearch,
      indexPrefix: "chaos-",
      folder,
      signal: stop.signal,
      onProgress: (progress) => {
        const nowMs = performance.now();
        if (nowMs - printedMs < PROGRESS_MS) return;
        printedMs = nowMs;
        console.log(formatProgress(progress, nowMs - startMs, kills));
      },
    };
    const { elasticsearch, indexPrefix } = options;
    const scene = way === "load" ? await loadScene({ seed, elasticsearch, indexPrefix }) : null;
    const result =
      servers.kafka === null
        ? await runChaos(scene === null ? options : { ...options, scene })
        : await runKafkaChaos({ ...options, kafka: servers.kafka, partitioner });
    console.log(`\n${formatResult(result).join("\n")}\n`);
    isDone = isGood(result);
    const seconds = Math.round((performance.now() - startMs) / 1000);
    console.log(
      isDone
        ? `Every row equals its document after ${kills} kills, in ${seconds} s.`
        : `FAILED (seed ${seed}): ${result.verification.isEqual ? "rows and documents agree, but see above" : "rows and documents do not agree"}.`,
    );
  } catch (error) {
    console.error(`\nThe run with seed ${seed} failed: ${describe(error)}`);
    const files = await readdir(folder).catch(() => []);
    for (const file of files.filter((name) => name.endsWith(".log")))
      console.error(
        `\n${file}\n${await lastLogLines(join(folder, file), way === "kafka" ? 6 : 20)}`,
      );
  } finally {
    if (isDone && !keep) await rm(folder, { recursive: true, force: true });
    else console.error(`\nConfiguration, checkpoint and log: ${shownPath(folder)}`);
    if (isDone || !keep) await servers.remove();
    else
      console.error(
        `Still running: ${[servers.mysql, servers.elasticsearch, servers.kafka].flatMap((server) => server?.url ?? []).join(", ")} (npm run services -- down --instance chaos-${seed} --wipe ends that)`,
      );
  }
  return isDone ? 0 : 1;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

process.exitCode = await main();
