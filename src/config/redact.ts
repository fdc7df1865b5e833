import type { DirectConfig, ElasticsearchSinkConfig, TlsConfig } from "./config.ts";

const HIDDEN = "***";

/** The configuration with every secret replaced by `***`, to print it. */
export function redactConfig(config: DirectConfig): DirectConfig {
  const { source, sink } = config;
  return {
    ...config,
    source: {
      ...source,
      password: source.password === "" ? "" : HIDDEN,
      ...(source.tls && { tls: redactTls(source.tls) }),
    },
    sink: {
      ...sink,
      ...(sink.auth && { auth: redactAuth(sink.auth) }),
      ...(sink.tls && { tls: redactTls(sink.tls) }),
    },
  };
}

function redactAuth(
  auth: NonNullable<ElasticsearchSinkConfig["auth"]>,
): NonNullable<ElasticsearchSinkConfig["auth"]> {
  if (auth.kind === "basic") return { ...auth, password: HIDDEN };
  return auth.kind === "apiKey" ? { ...auth, key: HIDDEN } : { ...auth, token: HIDDEN };
}

function redactTls(tls: TlsConfig): TlsConfig {
  return tls.key === undefined ? tls : { ...tls, key: HIDDEN };
}
