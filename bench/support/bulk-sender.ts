/** A process that sends recorded bulk requests to Elasticsearch, a connection a lane: started by bench/direct-real.ts. */
import { Client } from "undici";
import { childOptions, leaveParent, tellParent } from "./child.ts";
import { markUsage, type UsageMark } from "./process-usage.ts";
import { readRecording } from "./recording.ts";

/** What it is told. */
export interface SenderOptions {
  readonly path: string;
  readonly elasticsearchUrl: string;
  readonly index: string;
}

/** What it reports. */
export interface SenderMessage {
  readonly kind: "done";
  /** Before the first request, and after the last answer. */
  readonly first: UsageMark;
  readonly last: UsageMark;
  readonly requests: number;
}

const { path, elasticsearchUrl, index } = childOptions() as SenderOptions;
const lanes = readRecording(path);
const first = markUsage();
await Promise.all(lanes.map(sendLane));
const last = markUsage();
const requests = lanes.reduce((sum, bodies) => sum + bodies.length, 0);
const message: SenderMessage = { kind: "done", first, last, requests };
tellParent(message);
leaveParent();

async function sendLane(bodies: readonly Buffer[]): Promise<void> {
  const client = new Client(new URL(elasticsearchUrl).origin);
  for (const body of bodies) {
    const answer = await client.request({
      method: "POST",
      path: `/${index}/_bulk?filter_path=errors,items.*.status,items.*.error`,
      headers: { "content-type": "application/x-ndjson", accept: "application/json" },
      body,
    });
    const text = await answer.body.text();
    if (!text.startsWith('{"errors":false')) throw new Error(text.slice(0, 500));
  }
  await client.close();
}
