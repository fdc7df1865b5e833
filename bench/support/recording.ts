import { mkdtemp, rm } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNullSink } from "./null-sink.ts";
import type { TailraceRun } from "./tailrace-run.ts";

/** So long the recording server takes for an answer, ms: long enough for every batch to fill, as before a real server. */
const ANSWER_MS = 150;

/** The bulk requests that tailrace makes, in a file that is deleted with this object. */
export interface Recording extends AsyncDisposable {
  readonly path: string;
}

/** Lets tailrace write into a server that keeps the requests, whose URL it is given. */
export async function recordBulks(
  runInto: (elasticsearchUrl: string) => Promise<TailraceRun>,
): Promise<Recording> {
  const folder = await mkdtemp(join(tmpdir(), "tailrace-bench-"));
  const path = join(folder, "bulks");
  await using sink = await openNullSink({ mode: "record", path, delayMs: ANSWER_MS });
  await runInto(sink.url);
  return {
    path,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** The bodies of a recording, by lane, in order; they are views of one buffer. */
export function readRecording(path: string): readonly (readonly Buffer[])[] {
  const bytes = readFileSync(path);
  const lanes = new Map<number, Buffer[]>();
  for (let at = 0; at < bytes.length;) {
    const lane = bytes.readUInt32LE(at);
    const end = at + 8 + bytes.readUInt32LE(at + 4);
    const bodies = lanes.get(lane) ?? [];
    bodies.push(bytes.subarray(at + 8, end));
    lanes.set(lane, bodies);
    at = end;
  }
  return [...lanes.values()];
}
