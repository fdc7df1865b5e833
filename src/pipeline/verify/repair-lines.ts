import type { Target } from "../../core/action-writer.ts";
import { TailraceError } from "../../core/errors.ts";
import { reasonOf } from "../../core/json-client.ts";
import { type HttpChannel, requestJson } from "../../sink/client.ts";
import type { DocumentState } from "./difference.ts";
import type { DocumentPlace } from "./document-batch.ts";

/** Puts one document right. With a version: as the sink does, so that later changes of the log win. Without: only while the document is in the state in which it was seen. */
export type RepairAction = DocumentPlace & {
  readonly target: Pick<Target, "pipeline">;
  /** The document; null = it is deleted. */
  readonly document: Buffer | null;
} & (
    | { readonly kind: "versioned"; readonly version: bigint }
    | { readonly kind: "conditional"; readonly state: DocumentState | null }
  );

/** What has become of an action: `done`; `newer`, the document has a higher version (null = it does not say which); `refused` for another reason. */
export type RepairOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "newer"; readonly version: bigint | null }
  | { readonly kind: "refused"; readonly reason: string };

/** Sends actions in one bulk request and tells what has become of each. Throws BULK_*. */
export async function sendRepairs(
  channel: HttpChannel,
  actions: readonly RepairAction[],
): Promise<readonly RepairOutcome[]> {
  if (actions.length === 0) return [];
  const answer = await requestJson(channel, "POST", "/_bulk", actions.map(linesOf).join(""));
  const { items } = (answer.body ?? {}) as { items?: readonly Record<string, BulkItem>[] };
  if (answer.status !== 200 || items?.length !== actions.length)
    throw new TailraceError(
      "BULK_UNREACHABLE",
      `repairing documents: HTTP ${answer.status}${reasonOf(answer.body)}`,
    );
  return items.map((item) => outcomeOf(Object.values(item)[0]!));
}

interface BulkItem {
  readonly status: number;
  readonly error?: { readonly type?: string; readonly reason?: string };
}

/** `version conflict, current version [101] is higher than the one provided [100]`, and `document already exists (current version [1])`. */
const CURRENT = /current version \[(\d+)\]/;

function outcomeOf({ status, error }: BulkItem): RepairOutcome {
  // a delete of what is not there any more is answered 404 without an error
  if (error === undefined) return { kind: "done" };
  const reason = `${error.type ?? ""}: ${error.reason ?? ""}`;
  if (status !== 409) return { kind: "refused", reason };
  const current = CURRENT.exec(reason)?.[1];
  return { kind: "newer", version: current === undefined ? null : BigInt(current) };
}

function linesOf(action: RepairAction): string {
  const { index: _index, id: _id, routing, document, target } = action;
  const place = { _index, _id, ...(routing !== null && { routing }) };
  const text = document?.toString("utf8");
  if (action.kind === "versioned") {
    // the version has more digits than a double
    const head = JSON.stringify({
      ...place,
      ...(text !== undefined && target.pipeline !== undefined && { pipeline: target.pipeline }),
    }).slice(0, -1);
    const meta = `${head},"version_type":"external_gte","version":${action.version}}`;
    return text === undefined ? `{"delete":${meta}}\n` : `{"index":${meta}}\n${text}\n`;
  }
  const { state } = action;
  if (state === null) return `{"create":${JSON.stringify(place)}}\n${text ?? "{}"}\n`;
  const condition = { if_seq_no: state.seqNo, if_primary_term: state.primaryTerm };
  const meta = JSON.stringify({ ...place, ...condition });
  return text === undefined ? `{"delete":${meta}}\n` : `{"update":${meta}}\n{"doc":${text}}\n`;
}
