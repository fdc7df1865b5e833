import { saslHandshakeV1 } from "@platformatic/kafka";
import { TailraceError } from "../core/errors.ts";
import { BrokerConnection } from "./broker-connection.ts";
import { checkedCall } from "./call.ts";
import type { Endpoint, KafkaOptions } from "./options.ts";
import { CONNECTION_CLOSED, TLS_HANDSHAKE_RESET } from "./translate-error.ts";

/** A new connection, authenticated; when the signal aborts it is given up. Throws KAFKA_UNREACHABLE, KAFKA_ACCESS_DENIED, KAFKA_TLS_FAILED. */
export async function connectBroker(
  endpoint: Endpoint,
  options: KafkaOptions,
  signal?: AbortSignal,
): Promise<BrokerConnection> {
  const connection = new BrokerConnection(endpoint, options);
  const giveUp = (): void => connection.destroy();
  signal?.addEventListener("abort", giveUp);
  try {
    await connection.open();
    return connection;
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw await explainReset(error, endpoint, options);
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

/**
 * A plain listener ends a TLS handshake as a broker does that stops: without a word. Which it was is asked without TLS, because the one passes and the
 * other needs a person. A TLS listener does say so to who speaks no TLS, but the library goes on to authenticate and tells of that only.
 */
async function explainReset(
  error: unknown,
  endpoint: Endpoint,
  options: KafkaOptions,
): Promise<unknown> {
  if (!(error instanceof TailraceError) || error.code !== "KAFKA_UNREACHABLE") return error;
  const isReset = error.message.includes(TLS_HANDSHAKE_RESET);
  const isClosed = error.message.endsWith(CONNECTION_CLOSED);
  const isSaslLost = isClosed && options.sasl !== undefined && options.tls === undefined;
  if (!isReset && !isSaslLost) return error;
  const plain = { ...options, tls: undefined, sasl: undefined };
  await using probe = new BrokerConnection(endpoint, plain);
  try {
    await probe.open();
  } catch (failure) {
    const isTls = failure instanceof TailraceError && failure.code === "KAFKA_TLS_FAILED";
    return isTls ? failure : error;
  }
  if (!isReset) return error;
  return new TailraceError(
    "KAFKA_TLS_FAILED",
    `connect to Kafka at ${endpoint.host}:${endpoint.port}: the listener speaks no TLS`,
    { cause: error },
  );
}

/**
 * A listener that wants authentication ends a connection at the first request without it, also without a word. Resolves with the error that says so,
 * or with the given one when that is not the reason.
 */
export async function explainClosed(
  error: unknown,
  endpoint: Endpoint,
  options: KafkaOptions,
): Promise<unknown> {
  if (options.sasl !== undefined || !(error instanceof TailraceError)) return error;
  if (error.code !== "KAFKA_UNREACHABLE") return error;
  try {
    await using probe = await connectBroker(endpoint, options);
    // Answered with the mechanisms by a SASL listener, with ILLEGAL_SASL_STATE by others.
    const answer = await probe.request([checkedCall(saslHandshakeV1.api, "PLAIN")]);
    const mechanisms = answer.mechanisms ?? [];
    if (mechanisms.length === 0) return error;
    return new TailraceError(
      "KAFKA_ACCESS_DENIED",
      `Kafka at ${endpoint.host}:${endpoint.port} wants authentication by SASL (${mechanisms.join(", ")}), and none is configured`,
      { cause: error },
    );
  } catch {
    return error;
  }
}
