import { expect, test } from "vitest";
import { spawnTailrace } from "../cli/process.ts";
import { tailrace } from "../cli/tailrace.ts";
import { openFileScene } from "../load/file-scene.ts";
import { until } from "../support/until.ts";

test(
  "rebuild, --status, --rollback and recover say what they did, and why not",
  { timeout: 300_000 },
  async () => {
    await using scene = await openFileScene({ rows: 300, source: "", rule: 'name = "items"' });
    const { file, index, target } = scene;
    const config = [file, "--rule", "items"];
    const missing = await tailrace(["rebuild", ...config]);
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("REBUILD_IMPOSSIBLE: there is no index") as string,
    });
    await target.request("PUT", `${index}-old`, { aliases: { [index]: {} } });
    {
      await using run = spawnTailrace(["run", file]);
      await until("the table is loaded", () => run.stderr.includes("a load is done"));
    }
    const none = await tailrace(["rebuild", ...config, "--status"]);
    expect(none).toMatchObject({ code: 0, stdout: "no rebuild is under way\n" });
    // the pipeline itself stands still
    const rebuilt = await tailrace(["rebuild", ...config, "--keep-old"]);
    expect(rebuilt).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/-1 is served; .*-old is kept: --rollback/) as string,
    });
    const status = await tailrace(["rebuild", ...config, "--status"]);
    expect(status.stdout).toMatch(/phase +kept/);
    const back = await tailrace(["rebuild", ...config, "--rollback", "--json"]);
    expect(JSON.parse(back.stdout)).toEqual({ kind: "rolled back", index: `${index}-old` });
    const nothing = await tailrace(["rebuild", ...config, "--rollback"]);
    expect(nothing).toMatchObject({ code: 1 });
    const unknown = await tailrace(["rebuild", file, "--rule", "none"]);
    expect(unknown).toMatchObject({ code: 2 });
    expect(await tailrace(["recover", file])).toMatchObject({
      code: 0,
      stdout: "nothing is missing\n",
    });
    expect((await scene.verify()).differences).toEqual([]);
  },
);
