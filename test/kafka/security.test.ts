import { afterAll, beforeAll, expect, test } from "vitest";
import type { Service } from "../../scripts/services/contract.ts";
import { readKafkaSecurity, type KafkaSecurity } from "../../scripts/services/kafka-security.ts";
import { startService } from "../../scripts/services/start-service.ts";
import { openCluster } from "../../src/kafka/cluster.ts";
import { KafkaConnections } from "../../src/kafka/connections.ts";
import type { KafkaOptions, KafkaSasl } from "../../src/kafka/options.ts";
import { checkWriting } from "../../src/kafka/preflight.ts";
import { openProducer } from "../../src/kafka/producer.ts";
import { createCertificate } from "../support/certificate.ts";
import { until } from "../support/until.ts";

const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;
/** Sessions of this mechanism are ended by the broker after this time. */
const SESSION_MS = 1500;

let service: Service;
let security: KafkaSecurity;

// One broker for all: nothing is kept in it but what each test names after itself.
beforeAll(async () => {
  service = await startService("kafka", {
    owned: true,
    dedicated: true,
    secure: true,
    quickStart: true,
    heap: "384m",
    options: {
      "listener.name.saslplain.scram-sha-512.connections.max.reauth.ms": SESSION_MS,
    },
  });
  security = await readKafkaSecurity(service);
});

afterAll(() => service.remove());

/** An unsigned JSON web token (RFC 7519, 6), which the broker takes because it is told to. */
function tokenOf(subject: string, lifetimeSeconds: number): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const now = Date.now() / 1000;
  const claims = { sub: subject, iat: now - 600, exp: now + lifetimeSeconds };
  return `${encode({ alg: "none" })}.${encode(claims)}.`;
}

function bearer(token: string): KafkaSasl {
  return { mechanism: "oauthbearer", provider: { kind: "token", token } };
}

function plainAs(username: string, password: string): KafkaSasl {
  return { mechanism: "plain", username, password };
}

/** Makes a topic and writes to it, as every process does. */
async function expectUse(options: KafkaOptions, topicName: string): Promise<void> {
  await using cluster = await openCluster(options);
  await cluster.createTopic(topicName, { partitions: 2, replication: 1, compacted: true });
  const topic = (await cluster.describeTopics([topicName])).get(topicName)!;
  await using producer = await openProducer(options, { transactionalId: topicName });
  const buffer = producer.createBuffer();
  buffer.append(topic, 0, {
    key: Buffer.from("k"),
    value: Buffer.from("v"),
    headers: Buffer.from([0]),
    timestampMs: Date.now(),
  });
  await producer.send(buffer);
  await producer.commit();
  expect(String(await cluster.readLast(topicName, "k"))).toBe("v");
}

function expectRefusal(options: KafkaOptions, code: string, words: string): Promise<void> {
  const opening = openCluster(options).then(async (cluster) => {
    await using _ = cluster;
    throw new Error("connected");
  });
  return expect(opening).rejects.toMatchObject({
    code,
    message: expect.stringContaining(words) as string,
  });
}

test.each(MECHANISMS)("a user is known by %s, without and with TLS", async (mechanism) => {
  const { listeners, user, ca } = security;
  const sasl = { mechanism, ...user };
  await expectUse({ brokers: [listeners.saslPlaintext], sasl }, `${mechanism}-1`);
  await expectUse({ brokers: [listeners.saslSsl], sasl, tls: { ca } }, `${mechanism}-2`);
});

test("a user is known by a bearer token, without and with TLS", async () => {
  const { listeners, user, ca } = security;
  const sasl = bearer(tokenOf(user.username, 600));
  await expectUse({ brokers: [listeners.saslPlaintext], sasl }, "bearer-1");
  await expectUse({ brokers: [listeners.saslSsl], sasl, tls: { ca } }, "bearer-2");
});

test.each(MECHANISMS)("a wrong password by %s is one clear error", async (mechanism) => {
  const { listeners, user } = security;
  await expectRefusal(
    {
      brokers: [listeners.saslPlaintext, listeners.saslPlaintext],
      sasl: { mechanism, ...user, password: "wrong" },
    },
    "KAFKA_ACCESS_DENIED",
    `with ${mechanism.toUpperCase()} as ${user.username}: Authentication failed`,
  );
});

test("a token that has expired is refused", async () => {
  const { listeners, user } = security;
  await expectRefusal(
    { brokers: [listeners.saslPlaintext], sasl: bearer(tokenOf(user.username, -300)) },
    "KAFKA_ACCESS_DENIED",
    'with OAUTHBEARER: the token was refused: {"status":"invalid_token"}',
  );
});

test("a listener that wants authentication says so to who has none, and the other way round", async () => {
  const { listeners, user, ca } = security;
  const words = "wants authentication by SASL (PLAIN";
  await expectRefusal({ brokers: [listeners.saslPlaintext] }, "KAFKA_ACCESS_DENIED", words);
  const withTls = { brokers: [listeners.saslSsl], tls: { ca } };
  await expectRefusal(withTls, "KAFKA_ACCESS_DENIED", words);
  const plain = { brokers: [service.url], sasl: plainAs(user.username, user.password) };
  await expectRefusal(plain, "KAFKA_ACCESS_DENIED", "does the listener want SASL?");
});

test("an operation without permission names what it was refused for", async () => {
  const { listeners, stranger } = security;
  const sasl = plainAs(stranger.username, stranger.password);
  const options = { brokers: [listeners.saslPlaintext], sasl };
  await using cluster = await openCluster(options);
  const denied = (words: string): object => ({
    code: "KAFKA_ACCESS_DENIED",
    message: expect.stringContaining(words) as string,
  });
  const creating = cluster.createTopic("secret", {
    partitions: 1,
    replication: 1,
    compacted: false,
  });
  await expect(creating).rejects.toMatchObject(denied("create topic secret"));
  await expect(cluster.describeTopics(["secret"])).rejects.toMatchObject(denied("topic secret"));
  await expect(cluster.describeGroup("readers")).rejects.toMatchObject(denied("group readers"));
  await expect(openProducer(options, { transactionalId: "orders" })).rejects.toMatchObject(
    denied("transactional id orders"),
  );
  expect(await cluster.listTopics()).toEqual([]);
});

test("a look ahead tells what a capture may not do, and does none of it", async () => {
  const { listeners, user, stranger } = security;
  const brokers = [listeners.saslPlaintext];
  const create = { partitions: 3, replication: 1 };
  const wanted = {
    topics: [
      { name: "ahead", create, compacted: false },
      { name: "ahead-checkpoints", create: { ...create, partitions: 1 }, compacted: true },
    ],
    transactionalId: "tailrace-ahead",
  };
  const known = await checkWriting({ brokers, sasl: { mechanism: "plain", ...user } }, wanted);
  expect(known.map(({ severity, check }) => [severity, check])).toEqual([
    // the password was sent as it is
    ["warning", "sasl"],
    ["ok", `brokers ${brokers[0]}`],
    ["ok", "topic ahead"],
    ["ok", "topic ahead-checkpoints"],
    ["ok", "transactional id tailrace-ahead"],
  ]);
  const sasl = { mechanism: "scram-sha-512", ...stranger } as const;
  const unknown = await checkWriting({ brokers, sasl }, wanted);
  expect(unknown.filter(({ severity }) => severity === "error")).toEqual(
    [
      ["topic ahead", "TOPIC_AUTHORIZATION_FAILED"],
      ["topic ahead-checkpoints", "TOPIC_AUTHORIZATION_FAILED"],
      ["transactional id tailrace-ahead", "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"],
    ].map(([check, name]) => ({
      severity: "error",
      check,
      message: expect.stringContaining(name!) as string,
      remedy: expect.stringContaining("ACLs") as string,
    })),
  );
});

test("a broker is verified with the authority given, by address and by name", async () => {
  const { listeners, ca } = security;
  await expectUse({ brokers: [listeners.ssl], tls: { ca } }, "tls-1");
  const named = listeners.ssl.replace("127.0.0.1", "localhost");
  await expectUse({ brokers: [named], tls: { ca } }, "tls-2");
});

test("a broker that cannot be verified is refused, unless verification is switched off", async () => {
  const { listeners } = security;
  const brokers = [listeners.ssl];
  const code = "KAFKA_TLS_FAILED";
  await expectRefusal({ brokers, tls: {} }, code, "unable to verify the first certificate");
  const other = createCertificate(["IP:127.0.0.1"]).cert;
  await expectRefusal({ brokers, tls: { ca: other } }, code, "unable to verify");
  await expectUse({ brokers, tls: { insecure: true } }, "tls-3");
});

test("a listener that wants a certificate takes the client's and nobody without one", async () => {
  const { listeners, client, ca } = security;
  const brokers = [listeners.mutualTls];
  await expectUse({ brokers, tls: { ca, ...client } }, "tls-4");
  await expectRefusal({ brokers, tls: { ca } }, "KAFKA_TLS_FAILED", "bad certificate");
});

test("TLS on one side only is one clear error", async () => {
  const { listeners, user, ca } = security;
  const sasl = plainAs(user.username, user.password);
  const code = "KAFKA_TLS_FAILED";
  await expectRefusal({ brokers: [listeners.ssl] }, code, "Broker requires TLS");
  await expectRefusal({ brokers: [listeners.saslSsl], sasl }, code, "Broker requires TLS");
  const words = "the listener speaks no TLS";
  await expectRefusal({ brokers: [service.url], tls: { ca } }, code, words);
  await expectRefusal({ brokers: [listeners.saslPlaintext], tls: { ca }, sasl }, code, words);
});

test("connections are replaced before the broker ends their sessions", async () => {
  const { listeners, user } = security;
  const sasl = { mechanism: "scram-sha-512", ...user } as const;
  await using connections = new KafkaConnections({ brokers: [listeners.saslPlaintext], sasl });
  const endMs = Date.now() + 3 * SESSION_MS;
  const failures: unknown[] = [];
  await until("three sessions have passed", async () => {
    // The broker answers a request of a session that has ended by closing the connection.
    await connections.allTopics().catch((error: unknown) => failures.push(error));
    return Date.now() > endMs;
  });
  expect(failures).toEqual([]);
});
