import {
  AuthenticationError,
  saslOAuthBearer,
  saslPlain,
  saslScramSha,
  type SASLOptions,
} from "@platformatic/kafka";
import type { KafkaSasl } from "./options.ts";
import { fetchToken } from "./oauth-token.ts";

/** Brokers close connections whose authentication has grown too old. */
export interface SaslSession {
  /** When the connection should be replaced by another one, ms since 1970. */
  renewAtMs: number;
}

/** What of a session's life is used; the rest is for requests that are under way. */
const USED_LIFE = 0.8;

const MECHANISMS = {
  plain: "PLAIN",
  "scram-sha-256": "SCRAM-SHA-256",
  "scram-sha-512": "SCRAM-SHA-512",
  oauthbearer: "OAUTHBEARER",
} as const;

/** How a connection's SASL is named in messages. */
export function describeSasl(sasl: KafkaSasl): string {
  const mechanism = MECHANISMS[sasl.mechanism];
  return sasl.mechanism === "oauthbearer" ? mechanism : `${mechanism} as ${sasl.username}`;
}

/**
 * The library's options for authenticating. Its own renewal of sessions sends other requests in between, which brokers refuse: it is kept from
 * it by hiding the session's lifetime, which is noted in `session` instead, and the connection is replaced in time.
 */
export function saslOptions(sasl: KafkaSasl, session: SaslSession): SASLOptions {
  return {
    mechanism: MECHANISMS[sasl.mechanism],
    authenticate: (_mechanism, connection, api, _user, _password, _token, callback) => {
      const done: typeof callback = (error, response) => {
        if (error !== null || response === undefined) return callback(error, response);
        if (sasl.mechanism === "oauthbearer" && response.authBytes.length > 0) {
          // A refused token is answered by JSON that says why, RFC 7628 3.2.2.
          return callback(
            new AuthenticationError(`the token was refused: ${response.authBytes.toString()}`),
          );
        }
        const lifetimeMs = Number(response.sessionLifetimeMs);
        if (lifetimeMs > 0) session.renewAtMs = Date.now() + lifetimeMs * USED_LIFE;
        callback(null, { ...response, sessionLifetimeMs: 0n });
      };
      if (sasl.mechanism === "oauthbearer") {
        const { provider } = sasl;
        saslOAuthBearer.authenticate(api, connection, () => fetchToken(provider), {}, done);
      } else if (sasl.mechanism === "plain") {
        saslPlain.authenticate(api, connection, sasl.username, sasl.password, done);
      } else {
        const algorithm = sasl.mechanism === "scram-sha-256" ? "SHA-256" : "SHA-512";
        saslScramSha.authenticate(
          api,
          connection,
          algorithm,
          sasl.username,
          sasl.password,
          saslScramSha.defaultCrypto,
          done,
        );
      }
    },
  };
}
