import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTestTarget, type TestTarget } from "../support/elasticsearch.ts";
import { openTestDatabase, type TestDatabase } from "../support/mysql.ts";
import { type VerifyResult, verifyTables } from "../support/verify.ts";

/** A table `items` with rows, an index for it, and a configuration as a file. */
export interface FileScene extends AsyncDisposable {
  readonly db: TestDatabase;
  readonly target: TestTarget;
  readonly file: string;
  readonly folder: string;
  readonly name: string;
  readonly index: string;
  /** Compares rows and documents by MySQL's own answer. */
  verify(): Promise<VerifyResult>;
}

/** How a scene differs: TOML. */
export interface FileSceneOptions {
  readonly rows: number;
  /** Keys of `[source]` beside its URL. */
  readonly source?: string;
  /** Keys of the rule. */
  readonly rule?: string;
  /** More sections. */
  readonly more?: string;
}

/** Opens a scene. */
export async function openFileScene(options: FileSceneOptions): Promise<FileScene> {
  await using resources = new AsyncDisposableStack();
  const db = resources.use(await openTestDatabase());
  const target = resources.use(await openTestTarget());
  const folder = await mkdtempDisposable(join(tmpdir(), "tailrace-load-"));
  resources.defer(() => folder.remove());
  await db.query(`
    create table items (id int primary key, shelf int, note varchar(200));
    set session cte_max_recursion_depth = 1000000;
    insert into items with recursive n (i) as (select 1 union all select i + 1 from n where i < ${options.rows})
      select i, i % 7, concat('item ', i, repeat('.', 100)) from n`);
  const file = join(folder.path, "shop.toml");
  const name = db.name.replaceAll("_", "-");
  const index = `${target.prefix}items`;
  await writeFile(
    file,
    `name = "${name}"
drain_timeout = "20s"
[source]
url = "mysql://root@${db.url.host}"
${options.source ?? 'start = "latest"'}
[sink]
hosts = ["${target.url.origin}"]
[state]
${options.more?.includes("[kafka]") ? `type = "elasticsearch"\nindex = "${target.prefix}state"` : 'path = "state"'}
${options.more ?? ""}
[[rules]]
table = "${db.name}.items"
index = "${index}"
${options.rule ?? ""}
`,
  );
  const held = resources.move();
  return {
    db,
    target,
    file,
    folder: folder.path,
    name,
    index,
    verify: () =>
      verifyTables({
        mysql: db.url,
        elasticsearch: target.url,
        tables: [{ database: db.name, table: "items", index }],
      }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
