import { asTailraceError, type TailraceError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import type { TargetSpec } from "../core/sink.ts";
import { HttpClient, requestJson, type HttpChannel } from "./client.ts";
import type { ConnectionOptions } from "./options.ts";
import { checkDisk } from "./preflight-disk.ts";
import { checkIndex } from "./preflight-index.ts";
import { checkPipeline } from "./preflight-pipeline.ts";

/**
 * Looks at what a run would need of the cluster, and changes nothing: hosts, version, room on disk, and for each index existence,
 * mapping and the right to write; and the ingest pipelines. Never throws for what it finds; CONFIG_INVALID for hosts that are not URLs.
 */
export async function checkTarget(
  options: ConnectionOptions,
  specs: readonly TargetSpec[],
  pipelines: ReadonlySet<string> = new Set(),
): Promise<Finding[]> {
  await using client = new HttpClient(options);
  const findings: Finding[] = [];
  let reached: HttpChannel | null = null;
  for (const i of options.hosts.keys()) {
    const channel = client.channel(i);
    const finding = await checkHost(channel);
    findings.push(finding);
    if (finding.severity !== "error") reached ??= channel;
  }
  if (reached === null) return findings;
  // One of several hosts is enough to run.
  const hosts = findings.map((one): Finding => {
    return one.severity === "error" ? { ...one, severity: "warning" } : one;
  });
  const rest = [await checkDisk(reached)];
  for (const spec of specs) rest.push(...(await checkIndex(reached, spec)));
  for (const pipeline of pipelines) rest.push(await checkPipeline(reached, pipeline));
  return [...hosts, ...rest];
}

/** Oldest and newest major versions that we know, by product. */
const KNOWN_MAJORS = {
  Elasticsearch: [7, 9],
  OpenSearch: [1, 3],
} as const;

async function checkHost(channel: HttpChannel): Promise<Finding> {
  const check = `host ${channel.host}`;
  let version: { number?: string; distribution?: string } | undefined;
  try {
    const answer = await requestJson(channel, "GET", "/");
    version = (answer.body as { version?: typeof version }).version;
  } catch (error) {
    const failure = asTailraceError(error);
    // Known, but without the privilege to ask for the version: that is no hindrance.
    const isKnown = failure.code === "BULK_ACCESS_DENIED" && failure.message.includes("HTTP 403");
    const severity = isKnown ? "warning" : "error";
    const message = describeFailure(failure, channel.host);
    return { severity, check, message, remedy: remedyOf(failure) };
  }
  const product = version?.distribution === "opensearch" ? "OpenSearch" : "Elasticsearch";
  const number = version?.number ?? "of unknown version";
  const major = Number.parseInt(number, 10);
  const [oldest, newest] = KNOWN_MAJORS[product];
  const message = `${product} ${number}`;
  if (major >= oldest && major <= newest) return { severity: "ok", check, message };
  return {
    severity: major < oldest ? "error" : "warning",
    check,
    message: `${message}; known to work are ${product} ${oldest} to ${newest}`,
    remedy: `Use a version from ${oldest} to ${newest}, or a newer tailrace.`,
  };
}

/** The failure's message on one line, without the host that the finding names already and without OpenSSL's file names. */
function describeFailure({ message }: TailraceError, host: string): string {
  const text = message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
  return text
    .replaceAll(/: [0-9A-F]+:error:[0-9A-F]+:([^:]*):[^:]*:([^:]*):\S*/g, ": $1: $2")
    .trim();
}

const CERTIFICATE =
  /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_HAS_EXPIRED|ERR_TLS_CERT|DEPTH_ZERO|CERT_UNTRUSTED/;

function remedyOf(error: TailraceError): string {
  const { message } = error;
  if (CERTIFICATE.test(message)) {
    return "Set sink.tls.ca to the certificate of the authority that signed the server's, and use a host name that is in it.";
  }
  if (/WRONG_VERSION_NUMBER|EPROTO|SSL routines/i.test(message)) {
    return "The server speaks plain HTTP here: write http:// in sink.hosts.";
  }
  if (/does not match the HTTP/i.test(message)) {
    return "Another kind of server listens there: correct host and port in sink.hosts.";
  }
  if (/UND_ERR_SOCKET|ECONNRESET/.test(message)) {
    return "The server closed the connection: it may want https:// in sink.hosts.";
  }
  return error.remedy;
}
