import { asTailraceError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { reasonOf } from "../core/json-client.ts";
import { requestJson, type HttpChannel } from "./client.ts";

/** Is there an ingest pipeline of this name? Without one every document that names it is refused. A role that may not look is a warning. */
export async function checkPipeline(channel: HttpChannel, name: string): Promise<Finding> {
  const check = `ingest pipeline ${name}`;
  const path = `/_ingest/pipeline/${encodeURIComponent(name)}`;
  try {
    const { status, body } = await requestJson(channel, "GET", path);
    if (status === 200) return { severity: "ok", check, message: "exists" };
    if (status !== 404) return unknown(check, `HTTP ${status}${reasonOf(body)}`);
    return {
      severity: "error",
      check,
      message: "does not exist: documents would be refused",
      remedy: `Create it with PUT ${path}, or correct the rule's pipeline.`,
    };
  } catch (error) {
    return unknown(check, asTailraceError(error).message);
  }
}

function unknown(check: string, reason: string): Finding {
  return {
    severity: "warning",
    check,
    message: `cannot be looked at: ${reason}`,
    remedy: "Grant the role read_pipeline on the cluster, or look yourself whether it exists.",
  };
}
