import { expect, test } from "vitest";
import { openChunkReader } from "../../src/mysql/chunk-reader.ts";
import { testServerUrl } from "../support/servers.ts";

test.each(["mysql", "mariadb"] as const)(
  "a reader of chunks does not take another %s for the one whose log is followed",
  async (server) => {
    const { hostname, port } = testServerUrl(server);
    const at = { host: hostname, port: Number(port), user: "root" };
    const refused = await openChunkReader({ ...at, serverUuid: "not this one" }).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: "SOURCE_UNREACHABLE", disposition: "retry" });
    const own = /now is server (\S+) /.exec(String(refused))?.[1];
    await using _ = await openChunkReader({ ...at, serverUuid: own });
  },
);
