/** Address of a server that `npm test` started, from the environment (Kafka's as `kafka://host:port`); throws with what to do when it is not there. */
export function testServerUrl(
  server: "mysql" | "mariadb" | "elasticsearch" | "opensearch" | "kafka",
): URL {
  const name = `TAILRACE_TEST_${server.toUpperCase()}_URL`;
  const url = process.env[name];
  if (!url) {
    throw new Error(
      `${name} is not set: run the tests with \`npm test\`, or name a server of your own there.`,
    );
  }
  return new URL(server === "kafka" ? `kafka://${url}` : url);
}
