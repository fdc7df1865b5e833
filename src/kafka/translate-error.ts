import {
  AuthenticationError,
  NetworkError,
  ProtocolError,
  protocolErrors,
  protocolErrorsCodesById,
} from "@platformatic/kafka";
import type { ErrorCode } from "../core/error-codes.ts";
import { TailraceError } from "../core/errors.ts";

/** Brokers' errors and what they mean to us; every other one is KAFKA_REQUEST_FAILED. */
const CODE_OF_REFUSAL: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["SASL_AUTHENTICATION_FAILED", "KAFKA_ACCESS_DENIED"],
  ["UNSUPPORTED_SASL_MECHANISM", "KAFKA_ACCESS_DENIED"],
  ["ILLEGAL_SASL_STATE", "KAFKA_ACCESS_DENIED"],
  ["TOPIC_AUTHORIZATION_FAILED", "KAFKA_ACCESS_DENIED"],
  ["GROUP_AUTHORIZATION_FAILED", "KAFKA_ACCESS_DENIED"],
  ["CLUSTER_AUTHORIZATION_FAILED", "KAFKA_ACCESS_DENIED"],
  ["TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "KAFKA_ACCESS_DENIED"],
  ["INVALID_PRODUCER_EPOCH", "KAFKA_FENCED"],
  ["PRODUCER_FENCED", "KAFKA_FENCED"],
  ["UNKNOWN_TOPIC_OR_PARTITION", "KAFKA_TOPIC_MISSING"],
  ["UNKNOWN_TOPIC_ID", "KAFKA_TOPIC_MISSING"],
  ["INVALID_TOPIC_EXCEPTION", "KAFKA_TOPIC_MISSING"],
  ["INVALID_CONFIG", "KAFKA_TOPIC_UNUSABLE"],
  ["INVALID_PARTITIONS", "KAFKA_TOPIC_UNUSABLE"],
  ["INVALID_REPLICATION_FACTOR", "KAFKA_TOPIC_UNUSABLE"],
  ["POLICY_VIOLATION", "KAFKA_TOPIC_UNUSABLE"],
  ["UNSUPPORTED_VERSION", "KAFKA_UNSUPPORTED"],
  ["UNSUPPORTED_FOR_MESSAGE_FORMAT", "KAFKA_UNSUPPORTED"],
  ["UNSUPPORTED_COMPRESSION_TYPE", "KAFKA_UNSUPPORTED"],
]);

/** Node's and OpenSSL's names of a certificate that cannot be verified, or of a handshake that failed. */
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/;

/** Node's words for a TLS handshake that the other side ended without a word; see `connect.ts`. */
export const TLS_HANDSHAKE_RESET = "before secure TLS connection was established";

/** The library's words for a connection that the broker closed. */
export const CONNECTION_CLOSED = "Connection closed";

/**
 * Translates an error of the Kafka client once: what is already a TailraceError (anywhere among the causes) stays, a broker's refusal goes by its
 * name, everything else by the first cause that tells. `what` says what was tried, and on what.
 */
export function translateKafkaError(error: unknown, what: string): TailraceError {
  const causes = [...causesOf(error)];
  const own = causes.find((cause) => cause instanceof TailraceError);
  if (own !== undefined) return own;
  const refusal = causes.find((cause) => cause instanceof ProtocolError);
  if (refusal !== undefined) return refusalError(refusal, what);
  const tls = causes.find(isTlsError);
  if (tls !== undefined) return failure("KAFKA_TLS_FAILED", tls);
  // The deepest cause has the words of who saw it.
  const deepest = causes.at(-1);
  const refused = causes.findIndex((cause) => cause instanceof AuthenticationError);
  // The library also calls it so when the connection is lost on the way.
  if (refused >= 0 && !causes.slice(refused).some(isNetworkError)) {
    return failure("KAFKA_ACCESS_DENIED", deepest);
  }
  if (causes.some(isNetworkError)) return failure("KAFKA_UNREACHABLE", deepest);
  return failure("KAFKA_REQUEST_FAILED", error);

  function failure(code: ErrorCode, cause: unknown): TailraceError {
    return new TailraceError(code, `${what}: ${messageOf(cause)}`, { cause: error });
  }
}

/** An error code that was found in an answer, other than 0, as error. `what` names what was asked for: topic, group, … */
export function refusalOf(code: number, what: string, message?: string | null): TailraceError {
  const name = protocolErrorsCodesById[code];
  if (name === undefined) {
    return new TailraceError("KAFKA_REQUEST_FAILED", `${what}: unknown error code ${code}`);
  }
  return refusalError(new ProtocolError(name, message ?? null), what);
}

/** Kafka's name of the broker's refusal behind an error (`NOT_LEADER_OR_FOLLOWER`, …), or undefined when no broker refused. */
export function refusalName(error: unknown): string | undefined {
  const refusal = [...causesOf(error)].find((cause) => cause instanceof ProtocolError);
  return refusal === undefined ? undefined : nameOf(refusal);
}

/** Whether Kafka says of the refusal behind an error that the same request may succeed later. */
export function isRetriableRefusal(error: unknown): boolean {
  const name = refusalName(error);
  return name !== undefined && protocolErrors[name]?.canRetry === true;
}

function refusalError(refusal: ProtocolError, what: string): TailraceError {
  const name = nameOf(refusal);
  const server: unknown = refusal["serverErrorMessage"];
  const hint = name === "ILLEGAL_SASL_STATE" ? "; does the listener want SASL?" : "";
  const words = typeof server === "string" && server !== "" ? server : refusal.message;
  return new TailraceError(
    CODE_OF_REFUSAL.get(name) ?? "KAFKA_REQUEST_FAILED",
    `${what}: ${words.replace(/\.$/, "")} (${name})${hint}`,
    { cause: refusal },
  );
}

function nameOf(refusal: ProtocolError): string {
  return String(refusal["apiId"]);
}

function isTlsError(cause: unknown): boolean {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  if (typeof message === "string" && message.startsWith("Broker requires TLS")) return true;
  return typeof code === "string" && TLS_CODE.test(code);
}

function isNetworkError(cause: unknown): boolean {
  // The library's time-outs have the same code as its network errors.
  if ((cause as { code?: unknown }).code === NetworkError.code) return true;
  return cause instanceof NetworkError || (cause as { syscall?: unknown }).syscall !== undefined;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, reason } = error as NodeJS.ErrnoException & { readonly reason?: unknown };
  // OpenSSL's message is a line of its error queue, with this in it.
  if (typeof reason === "string") return reason;
  // A failed attempt on several addresses of a name is an AggregateError without a message.
  const text = error.message || code || error.name;
  return text.replace(/\.$/, "");
}

/** The error, what caused it, and so on; of several errors in one, each. */
function* causesOf(error: unknown, depth = 0): Generator<object> {
  if (typeof error !== "object" || error === null || depth > 8) return;
  yield error;
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  yield* causesOf(cause, depth + 1);
  if (Array.isArray(errors)) for (const each of errors) yield* causesOf(each, depth + 1);
}
