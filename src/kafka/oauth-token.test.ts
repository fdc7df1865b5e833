import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { fetchToken } from "./oauth-token.ts";
import type { TokenProvider } from "./options.ts";

interface Endpoint extends AsyncDisposable {
  readonly provider: TokenProvider;
  readonly requests: { readonly headers: IncomingHttpHeaders; readonly body: string }[];
}

async function openEndpoint(status: number, answer: string): Promise<Endpoint> {
  const requests: Endpoint["requests"] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      requests.push({ headers: request.headers, body });
      response.writeHead(status, { "content-type": "application/json", connection: "close" });
      response.end(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    provider: {
      kind: "endpoint",
      url: `http://127.0.0.1:${port}/token?tenant=1`,
      clientId: "tail race",
      clientSecret: "se:cret",
      scope: "kafka",
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

test("a token is asked for with the client's credentials and its scope", async () => {
  await using endpoint = await openEndpoint(200, '{"access_token":"abc","expires_in":60}');
  expect(await fetchToken(endpoint.provider)).toBe("abc");
  const [request] = endpoint.requests;
  const credentials = Buffer.from("tail%20race:se%3Acret").toString("base64");
  expect(request?.headers.authorization).toBe(`Basic ${credentials}`);
  expect(request?.body).toBe("grant_type=client_credentials&scope=kafka");
});

test.each([
  [401, '{"error":"invalid_client"}', "KAFKA_ACCESS_DENIED", "as tail race: invalid_client"],
  [200, "no JSON", "KAFKA_ACCESS_DENIED", "HTTP status 200"],
  [503, "", "KAFKA_UNREACHABLE", "HTTP status 503"],
])("an endpoint's answer %i %s is %s", async (status, answer, code, words) => {
  await using endpoint = await openEndpoint(status, answer);
  await expect(fetchToken(endpoint.provider)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(words) as string,
  });
});

test("an endpoint that is away may come back", async () => {
  const { provider } = await openEndpoint(200, "").then(async (endpoint) => {
    await endpoint[Symbol.asyncDispose]();
    return endpoint;
  });
  await expect(fetchToken(provider)).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE" });
});
