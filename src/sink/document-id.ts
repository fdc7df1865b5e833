import { createHash } from "node:crypto";
import { MAX_ID_BYTES } from "../core/action-writer.ts";

/** What stands for an id that is longer than Elasticsearch takes: `sha256:` and its hash in hex; null where it is not. The id as the content of a JSON string. */
export function shortenedId(escaped: string): string | null {
  const plain: unknown = JSON.parse(`"${escaped}"`);
  const bytes = Buffer.from(String(plain));
  if (bytes.length <= MAX_ID_BYTES) return null;
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
