import { asTailraceError, type TailraceError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { reasonOf } from "../core/json-client.ts";
import type { TargetSpec } from "../core/sink.ts";
import { requestJson, type HttpChannel } from "./client.ts";
import { encodePattern } from "./mapping-difference.ts";
import { accepts, findField, mappingOf } from "./mapping.ts";

/** What there is to say about one index: existence, mapping, the right and the possibility to write. With `*` in its name about the indices that there are. */
export async function checkIndex(channel: HttpChannel, spec: TargetSpec): Promise<Finding[]> {
  const { index } = spec.target;
  const check = `index ${index}`;
  if (index.includes("*")) return checkIndices(channel, spec);
  try {
    const path = `/${encodeURIComponent(index)}`;
    const answer = await requestJson(channel, "GET", `${path}/_mapping`);
    const rights = await checkPrivileges(channel, spec);
    if (answer.status === 404) return [missing(spec, check), ...rights];
    if (answer.status !== 200) {
      return [failed(check, `HTTP ${answer.status}${reasonOf(answer.body)}`), ...rights];
    }
    const mappings = Object.values(answer.body as Record<string, Mapped>);
    return [
      await probeWriting(channel, path, check),
      ...checkFields(spec, mappings, check),
      ...rights,
    ];
  } catch (error) {
    const failure: TailraceError = asTailraceError(error);
    return [{ severity: "error", check, message: failure.message, remedy: failure.remedy }];
  }
}

/** What there is to say about indices of which rows choose one. */
async function checkIndices(channel: HttpChannel, spec: TargetSpec): Promise<Finding[]> {
  const { index } = spec.target;
  const check = `indices ${index}`;
  if (index === "*") {
    return [{ severity: "ok", check, message: "rows choose the index: there is none to look at" }];
  }
  try {
    const answer = await requestJson(channel, "GET", `/${encodePattern(index)}/_mapping`);
    const rights = await checkPrivileges(channel, spec);
    if (answer.status !== 200 && answer.status !== 404) {
      return [failed(check, `HTTP ${answer.status}${reasonOf(answer.body)}`), ...rights];
    }
    const found = answer.status === 404 ? {} : (answer.body as Record<string, Mapped>);
    const count = Object.keys(found).length;
    const message =
      count === 0 ? "there are none yet" : `there ${count === 1 ? "is 1" : `are ${count}`} now`;
    const fields = Object.entries(found).flatMap(([name, mapping]) =>
      checkFields(spec, [mapping], `index ${name}`),
    );
    return [{ severity: "ok", check, message }, ...fields, ...rights];
  } catch (error) {
    const failure: TailraceError = asTailraceError(error);
    return [{ severity: "error", check, message: failure.message, remedy: failure.remedy }];
  }
}

interface Mapped {
  readonly mappings?: { readonly dynamic?: unknown; readonly properties?: unknown };
}

function missing({ create, target }: TargetSpec, check: string): Finding {
  if (create) return { severity: "ok", check, message: "does not exist yet and will be created" };
  return {
    severity: "error",
    check,
    message: "does not exist, and the rule forbids to create it",
    remedy: `Create the index ${target.index} or set create_index = true.`,
  };
}

function failed(check: string, message: string): Finding {
  return { severity: "error", check, message, remedy: "See the reason given by the server." };
}

/** Would the mapping take every column? */
function checkFields(spec: TargetSpec, mappings: readonly Mapped[], check: string): Finding[] {
  const findings: Finding[] = [];
  const wanted = Object.entries(mappingOf(spec.fields));
  for (const { mappings: mapping } of mappings) {
    const absent: string[] = [];
    for (const [name, field] of wanted) {
      const existing = findField(mapping?.properties, name);
      if (existing === null) absent.push(name);
      if (existing === null || accepts(existing, field)) continue;
      findings.push({
        severity: "warning",
        check: `${check}, field ${name}`,
        message: `is ${existing.type}, which may refuse values of the column; ${field.type} would take all`,
        remedy: "Write to a new index, or give the field another name in the rule.",
      });
    }
    if (absent.length === 0 || spec.create) continue;
    const isStrict = mapping?.dynamic === "strict";
    const isIgnored = String(mapping?.dynamic) === "false";
    findings.push({
      severity: isStrict ? "error" : "warning",
      check,
      message:
        `has no mapping for ${absent.join(", ")}: ` +
        (isStrict
          ? "documents are refused"
          : isIgnored
            ? "they cannot be searched"
            : "the first document decides their types"),
      remedy: "Add the fields to the mapping, exclude the columns, or set create_index = true.",
    });
  }
  return findings;
}

/** A sequence number that no document has: a delete that demands it is refused as a conflict, after everything that could forbid it. */
const PROBE = "_doc/tailrace%20preflight?if_seq_no=9007199254740991&if_primary_term=1&timeout=5s";

/** Asks for a delete that cannot happen: a conflict means that writing is allowed and possible. */
async function probeWriting(channel: HttpChannel, path: string, check: string): Promise<Finding> {
  try {
    const answer = await requestJson(channel, "DELETE", `${path}/${PROBE}`);
    if (answer.status === 409) {
      return { severity: "ok", check, message: "exists and can be written" };
    }
    const reason = `HTTP ${answer.status}${reasonOf(answer.body)}`;
    return { ...failed(check, `cannot be written: ${reason}`), remedy: remedyFor(reason, path) };
  } catch (error) {
    const failure = asTailraceError(error);
    const remedy = remedyFor(failure.message, path) ?? failure.remedy;
    return { severity: "error", check, message: `cannot be written: ${failure.message}`, remedy };
  }
}

function remedyFor(reason: string, path: string): string {
  if (reason.includes("read-only / allow delete")) {
    return `Free disk space, then PUT ${path}/_settings {"index.blocks.read_only_allow_delete": null}.`;
  }
  if (reason.includes("cluster_block_exception")) {
    return `PUT ${path}/_settings {"index.blocks.write": null, "index.blocks.read_only": null}.`;
  }
  if (reason.includes("index_closed_exception")) return `POST ${path}/_open.`;
  if (reason.includes("no write index is defined")) {
    return "Set is_write_index for one index of the alias.";
  }
  if (reason.includes("data streams")) {
    return "A data stream takes no versions and no deletes: name an index in the rule.";
  }
  if (reason.includes("unavailable_shards"))
    return "Look at the cluster's health: the index has a shard without a primary.";
  return "Check the credentials and the role's privileges on the index: write.";
}

interface Privileges {
  readonly has_all_requested?: unknown;
  readonly index?: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
}

/** Asks Elasticsearch's security, where it is there, for the rights that only show while running. */
async function checkPrivileges(channel: HttpChannel, spec: TargetSpec): Promise<Finding[]> {
  const { index } = spec.target;
  const privileges = ["write", "read", "view_index_metadata", ...(spec.create ? ["manage"] : [])];
  const answer = await requestJson(channel, "POST", "/_security/user/_has_privileges", {
    index: [{ names: [index], privileges }],
  });
  // Without security, and in OpenSearch, nobody answers: then the probe is what there is.
  if (answer.status !== 200) return [];
  const { has_all_requested, index: granted } = answer.body as Privileges;
  if (has_all_requested === true) return [];
  const lacking = privileges.filter((name) => granted?.[index]?.[name] !== true);
  return [
    {
      severity: lacking.includes("write") || lacking.includes("manage") ? "error" : "warning",
      check: `privileges on ${index}`,
      message: `the role lacks ${lacking.join(", ")}`,
      remedy: `Grant the role ${lacking.join(", ")} on the index ${index}.`,
    },
  ];
}
