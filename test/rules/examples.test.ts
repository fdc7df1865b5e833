import { readFileSync } from "node:fs";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tailrace } from "../cli/tailrace.ts";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";
import { parseLossless } from "../support/lossless-json.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { createTestPipeline, type RunningPipeline } from "../support/pipeline.ts";
import { logEnd } from "../support/pipeline-run.ts";

/** A block of code of the page: `sql` is run, `ts` written to a file, `toml` begins a pipeline, `json` is what the indices hold then. */
interface Block {
  readonly language: string;
  readonly text: string;
}

/** The sections of docs/rules.md that have code, by their headings. */
function examples(): readonly (readonly [string, readonly Block[]])[] {
  const page = readFileSync(new URL("../../docs/rules.md", import.meta.url), "utf8");
  return page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const blocks = section.matchAll(/^```(\w+)\n([^]*?)^```$/gm);
      const title = section.split("\n", 1)[0] ?? "";
      return [title, Array.from(blocks, ([, language = "", text = ""]) => ({ language, text }))];
    });
}

/** The page's database and indices as those of this test. */
function own(text: string, db: TestDatabase, target: TestTarget): string {
  return text
    .replaceAll("shop.", `${db.name}.`)
    .replaceAll(/\bindex = "/g, `index = "${target.prefix}`);
}

/** Everything that the test's indices hold, as the page writes it: a document a line. */
async function documents(target: TestTarget): Promise<readonly unknown[]> {
  await target.request("POST", `/${target.prefix}*/_refresh`);
  const { body } = await target.request("GET", `/${target.prefix}*/_search?size=100`);
  const { hits } = (body as { hits: { hits: readonly Record<string, unknown>[] } }).hits;
  return hits
    .map(({ _index, _id, _routing, _source }) => ({
      _index: String(_index).slice(target.prefix.length),
      _id,
      ...(_routing === undefined ? {} : { _routing }),
      _source,
    }))
    .toSorted((a, b) =>
      `${a._index}/${String(a._id)}`.localeCompare(`${b._index}/${String(b._id)}`),
    );
}

test.each(examples())("%s", async (_title, blocks) => {
  await using resources = new AsyncDisposableStack();
  const db = resources.use(await openTestDatabase());
  const target = resources.use(await openTestTarget());
  const { file, position } = await logEnd(db);
  const folder = resources.use(await mkdtempDisposable(join(tmpdir(), "tailrace-")));
  let run: RunningPipeline | null = null;
  for (const [i, block] of blocks.entries()) {
    switch (block.language) {
      case "sql":
        await db.query(`SET sql_mode = 'NO_ENGINE_SUBSTITUTION'; ${block.text}`);
        break;
      case "ts":
        await writeFile(join(folder.path, /^\/\/ (\S+)/.exec(block.text)?.[1] ?? ""), block.text);
        break;
      case "toml": {
        if (blocks[i + 1]?.language === "console") break;
        const begin = `start = { file = "${file}", position = ${position} }`;
        const rules = own(block.text, db, target).replaceAll('"./', `"${folder.path}/`);
        const pipeline = resources.use(await createTestPipeline({ db, target, rules, begin }));
        run = resources.use(await pipeline.start());
        break;
      }
      case "json":
        await assertDocuments(block.text, run!, target);
        break;
      case "console":
        await assertOutput(block.text, blocks[i - 1]!.text, db);
        break;
      default:
        throw new Error(`a block of ${block.language} in docs/rules.md`);
    }
  }
});

/** The indices hold these documents, one a line, when the run has caught up, and it had nothing to complain of. */
async function assertDocuments(
  lines: string,
  run: RunningPipeline,
  target: TestTarget,
): Promise<void> {
  const failed = run.failure.then((error) => {
    throw error;
  });
  await Promise.race([run.caughtUp(), failed]);
  const wanted = lines.trimEnd().split("\n");
  expect(await documents(target)).toEqual(wanted.map((line) => parseLossless(line)));
  // the server of the tests may have only those field types that need no module
  expect(run.troubles.filter((line) => !line.includes("does not know a field type"))).toEqual([]);
}

/** The command in the first line prints the others, with a configuration that has these rules. */
async function assertOutput(text: string, rules: string, db: TestDatabase): Promise<void> {
  const [line = ""] = text.split("\n", 1);
  const [, ...args] = line.replace("$ ", "").split(" ");
  await using folder = await mkdtempDisposable(join(tmpdir(), "tailrace-"));
  const path = join(folder.path, "shop.toml");
  const servers = `name = "shop"
[source]
url = "${db.url.href}"
[sink]
hosts = ["http://127.0.0.1:9200"]
`;
  await writeFile(path, servers + rules.replaceAll("shop.", `${db.name}.`));
  const { stdout, stderr } = await tailrace(args.map((arg) => (arg === "shop.toml" ? path : arg)));
  expect(stderr).toBe("");
  expect(`${line}\n${stdout}`).toBe(text);
}
