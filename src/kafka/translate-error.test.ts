import { AuthenticationError, NetworkError, ResponseError } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { TailraceError } from "../core/errors.ts";
import {
  isRetriableRefusal,
  refusalName,
  refusalOf,
  translateKafkaError,
} from "./translate-error.ts";

test.each([
  [29, "KAFKA_ACCESS_DENIED"],
  [47, "KAFKA_FENCED"],
  [90, "KAFKA_FENCED"],
  [3, "KAFKA_TOPIC_MISSING"],
  [35, "KAFKA_UNSUPPORTED"],
  [38, "KAFKA_TOPIC_UNUSABLE"],
  [6, "KAFKA_REQUEST_FAILED"],
  [9999, "KAFKA_REQUEST_FAILED"],
])("the broker's error %i is %s and names what was asked for", (number, code) => {
  const error = refusalOf(number, "topic orders");
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/^topic orders: ./);
});

test("the broker's own words are kept, and the name of its error behind them", () => {
  const error = refusalOf(38, "create topic a", "only 1 broker.");
  expect(error.message).toBe("create topic a: only 1 broker (INVALID_REPLICATION_FACTOR)");
  expect(refusalName(error)).toBe("INVALID_REPLICATION_FACTOR");
  expect(isRetriableRefusal(error)).toBe(false);
  expect(isRetriableRefusal(refusalOf(6, "x"))).toBe(true);
});

test("an answer with errors in it is the first one of them", () => {
  const error = new ResponseError(3, 12, { "/topics/0": [29, null] }, {});
  expect(translateKafkaError(error, "Metadata")).toMatchObject({
    code: "KAFKA_ACCESS_DENIED",
    message: expect.stringContaining("TOPIC_AUTHORIZATION_FAILED") as string,
  });
});

test("credentials that were refused are told from a connection that was lost on the way", () => {
  const refused = new NetworkError("Connection to a:1 failed.", {
    cause: new AuthenticationError("SASL authentication failed."),
  });
  const lost = new NetworkError("Connection to a:1 failed.", {
    cause: new AuthenticationError("Cannot find a suitable SASL mechanism.", {
      cause: new NetworkError("Connection closed"),
    }),
  });
  expect(translateKafkaError(refused, "connect").code).toBe("KAFKA_ACCESS_DENIED");
  expect(translateKafkaError(lost, "connect")).toMatchObject({
    code: "KAFKA_UNREACHABLE",
    message: "connect: Connection closed",
  });
});

test("an error of ours among the causes stays what it is", () => {
  const own = new TailraceError("KAFKA_ACCESS_DENIED", "get a token from http://a/: nope");
  const cause = new AuthenticationError("The provider threw an error.", { cause: own });
  expect(translateKafkaError(new NetworkError("failed", { cause }), "connect")).toBe(own);
});

test("a certificate that cannot be verified is no network error", () => {
  const cause = Object.assign(new Error("self-signed certificate"), {
    code: "DEPTH_ZERO_SELF_SIGNED_CERT",
  });
  expect(translateKafkaError(new NetworkError("failed", { cause }), "connect")).toMatchObject({
    code: "KAFKA_TLS_FAILED",
    message: "connect: self-signed certificate",
  });
});
