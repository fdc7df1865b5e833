import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createConnection, type Connection } from "mysql2/promise";
import { formatCounts, formatDifferences } from "../../test/support/verify-report.ts";
import { verifyTables } from "../../test/support/verify.ts";
import { cacheDirectory, REPOSITORY } from "../services/paths.ts";
import { readLogEnd } from "../support/log-end.ts";
import { lastLogLines, shownPath } from "../support/pipeline-process.ts";
import { runTailraceCommand } from "../support/tailrace-command.ts";
import { type ShopNames, shopNames, writeConfigFile } from "./config-file.ts";
import { countDocuments, createShop, dropShop } from "./create-shop.ts";
import { type DemoIndices, demoIndices } from "./documents.ts";
import { showLive } from "./live.ts";
import type { DemoOptions } from "./options.ts";
import { type DemoPipelines, startDirect, startWithKafka } from "./pipelines.ts";
import type { Screen } from "./screen.ts";
import { type DemoServers, openDemoServers } from "./servers.ts";
import { openShop } from "./shop-workload.ts";
import { SHOP_RULES } from "./shop-rules.ts";
import { SHOP_TABLES } from "./shop-tables.ts";

/** How long the pipeline may take to catch up, ms. */
const CATCH_UP_LIMIT_MS = 120_000;
/** How often the load's progress is shown on a terminal, and otherwise as lines, ms. */
const LOOK_MS = 200;
const LINES_MS = 1_000;
const TRANSACTIONS_PER_SECOND = 300;

/** Where and how long the demo runs. */
export interface DemoSurroundings {
  readonly screen: Screen;
  /** Ends the demo in good order. */
  readonly signal: AbortSignal;
  /** Called when everything is set up and the shop opens. */
  readonly onOpen: () => void;
}

/** Runs the demo until the signal aborts or its time is over; returns the exit code. Throws what keeps it from running. */
export async function runDemo(
  options: DemoOptions,
  { screen, signal, onOpen }: DemoSurroundings,
): Promise<number> {
  const through = options.kafka ? ", through Kafka" : "";
  screen.print(
    `tailrace: a shop in MySQL, its documents in Elasticsearch, kept in step${through}.`,
  );
  if (!existsSync(join(cacheDirectory(), "dist")))
    screen.print(
      `The first run downloads the servers (MySQL 60 MB, ${options.kafka ? "Kafka 90 MB, " : ""}Elasticsearch 150 MB): a minute or two.`,
    );
  screen.print();
  await using servers = await openDemoServers(screen, options);
  const demo = await prepare(servers, options, screen);
  await using pipelines = demo.pipelines;
  try {
    await firstLoad(demo, screen);
    showWhereToLook(demo, screen);
    onOpen();
    const end = await keepShopOpen(demo, { options, screen, signal });
    screen.print();
    screen.print(`  ${end}`);
    await catchUp(demo, screen);
    const isAgreed = await verifyByCommand(demo, screen);
    const isEqual = options.verify ? await verifyByServer(demo, screen) : true;
    await stopPipelines(pipelines, screen);
    return isAgreed && isEqual ? 0 : 1;
  } catch (error) {
    screen.live(null);
    if (pipelines.endedLog !== null) await showEndOfLog(pipelines.endedLog, screen);
    throw error;
  } finally {
    demo.connection.destroy();
    if (options.keep) showKept(servers, screen);
  }
}

/** A demo that is set up. */
interface Demo {
  readonly servers: DemoServers;
  readonly names: ShopNames;
  readonly connection: Connection;
  readonly indices: DemoIndices;
  /** That the shop begins with. */
  readonly rows: number;
  readonly pipelines: DemoPipelines;
  /** Path of the configuration. */
  readonly config: string;
}

/** Creates the shop, writes the configuration and starts the pipelines. */
async function prepare(servers: DemoServers, options: DemoOptions, screen: Screen): Promise<Demo> {
  const { mysql, elasticsearch, kafka } = servers;
  const isOurs = {
    mysql: mysql.isOurs,
    elasticsearch: elasticsearch.isOurs,
    kafka: kafka?.isOurs ?? true,
  };
  const names = shopNames(isOurs, options.keep && options.kafka);
  const connection = await connect(mysql.url);
  const indices = demoIndices(
    elasticsearch.url,
    SHOP_TABLES.map((table) => names.index(table)),
  );
  await indices.remove();

  const creating = screen.step("Shop");
  await dropShop(connection, names.database);
  const rows = await createShop(connection, names.database);
  creating.done(
    `${SHOP_TABLES.length} tables, ${formatCount(rows)} rows in database ${names.database}`,
  );

  const folder = join(REPOSITORY, ".tailrace", "demo");
  const config = await writeConfigFile(folder, {
    mysql: mysql.url,
    elasticsearch: elasticsearch.url,
    kafka: kafka?.url ?? null,
    names,
  });
  screen.print(`  Configuration    ${shownPath(config.path)}:`);
  screen.print();
  for (const line of config.text.trimEnd().split("\n")) screen.print(`    ${line}`.trimEnd());
  screen.print();
  const pipelines = (kafka === null ? startDirect : startWithKafka)(config.path, folder);
  return { servers, names, connection, indices, rows, pipelines, config: config.path };
}

/** Shows how the rows that were there before become documents, and waits for it. */
async function firstLoad(demo: Demo, screen: Screen): Promise<void> {
  const { indices, pipelines, connection, names } = demo;
  const step = screen.step("Load");
  const expected = await countDocuments(connection, names.database);
  const deadline = performance.now() + CATCH_UP_LIMIT_MS;
  for (let documents: number | null = null; documents !== expected;) {
    if (pipelines.endedLog !== null) throw new Error("tailrace has ended by itself");
    if (performance.now() > deadline)
      throw new Error(`only ${documents} of ${expected} documents were loaded`);
    documents = await indices.count();
    const [table = ""] = pipelines.loading?.split("; ") ?? [];
    const done = `${formatCount(documents ?? 0)} of ${formatCount(expected)} documents`;
    step.note(`${done}   ${table}`.trimEnd());
    await sleep(screen.isTerminal ? LOOK_MS : LINES_MS);
  }
  step.done(
    `${pipelines.title}: ${formatCount(demo.rows)} rows read, ${formatCount(expected)} documents`,
  );
}

function showWhereToLook({ servers, names }: Demo, screen: Screen): void {
  const { hostname, port, username } = servers.mysql.url;
  const { bin } = servers.mysql;
  const client = bin === null ? "mysql" : shownPath(join(bin, "mysql"));
  const query = "_search?q=status:paid&sort=updated_at:desc&size=1&pretty";
  const search = new URL(`${names.index("orders")}/${query}`, servers.elasticsearch.url);
  screen.print();
  screen.print("  Now the shop opens. Look at its documents, or change a row yourself:");
  screen.print();
  screen.print(`    curl '${search.href}'`);
  screen.print(
    `    ${client} -h${hostname} -P${port || 3306} -u${decodeURIComponent(username)} ${names.database}`,
  );
  screen.print();
}

interface OpenHours {
  readonly options: DemoOptions;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/** Lets the shop change until its time is over; returns a sentence about it. */
async function keepShopOpen(demo: Demo, { options, screen, signal }: OpenHours): Promise<string> {
  const { mysql } = demo.servers;
  const shop = await openShop({
    mysql: mysql.url,
    database: demo.names.database,
    transactionsPerSecond: TRANSACTIONS_PER_SECOND,
    announce: (text) => screen.print(`           ${text}`),
  });
  const over = new AbortController();
  const closing = AbortSignal.any([
    signal,
    over.signal,
    ...(options.forMs === null ? [] : [AbortSignal.timeout(options.forMs)]),
  ]);
  const { pipelines, indices } = demo;
  void pipelines.ended.finally(() => over.abort()).catch(() => undefined);
  await showLive({ screen, shop, pipelines, indices }, closing);
  await shop.close();
  const why = signal.aborted ? "Stopping" : "The shop is closed";
  return `${why}: ${formatCount(shop.transactions)} transactions changed ${formatCount(shop.rows)} rows.`;
}

async function catchUp(demo: Demo, screen: Screen): Promise<void> {
  const step = screen.step("Pipeline");
  step.note("finishes what is left");
  await waitUntilCaughtUp(demo);
  const latency = demo.pipelines.lagMs();
  step.done(
    `every transaction is acknowledged, the last one ${formatCount(latency)} ms after its commit`,
  );
}

/** Lets `tailrace verify` compare every row with its document beside the running pipeline, and shows what it says. Returns whether all agree. */
async function verifyByCommand({ config }: Demo, screen: Screen): Promise<boolean> {
  const step = screen.step("Verification");
  step.note(`tailrace verify ${shownPath(config)}`);
  const { exitCode, stdout, stderr } = await runTailraceCommand(["verify", config]);
  step.done(
    exitCode === 0
      ? "tailrace verify: documents and rows agree"
      : "tailrace verify: documents and rows DIFFER",
  );
  screen.print();
  const lines = `${stdout}${exitCode === 0 ? "" : stderr}`.trimEnd().split("\n");
  for (const line of lines) screen.print(`    ${line}`.trimEnd());
  screen.print();
  return exitCode === 0;
}

/** The same by other means: MySQL's own functions say what each document should hold. Shows the result and returns whether all agree. */
async function verifyByServer(demo: Demo, screen: Screen): Promise<boolean> {
  const step = screen.step("Once more");
  step.note("MySQL itself says what every document should hold");
  const result = await verifyTables({
    mysql: demo.servers.mysql.url,
    elasticsearch: demo.servers.elasticsearch.url,
    tables: SHOP_TABLES.map((table) => ({
      database: demo.names.database,
      table,
      index: demo.names.index(table),
      ...SHOP_RULES[table].expected,
    })),
  });
  const rows = result.tables.reduce((sum, table) => sum + table.rows, 0);
  step.done(
    result.isEqual
      ? `all ${formatCount(rows)} rows equal their documents, says MySQL`
      : "rows and documents DIFFER, says MySQL",
  );
  screen.print();
  for (const line of formatCounts(result)) screen.print(`    ${line}`);
  screen.print();
  for (const line of formatDifferences(result)) screen.print(`    ${line}`);
  return result.isEqual;
}

async function stopPipelines(pipelines: DemoPipelines, screen: Screen): Promise<void> {
  await pipelines.stop();
  const count = pipelines.statuses.length;
  const who = count === 1 ? "tailrace has drained" : `All ${count} processes have drained`;
  screen.print(`  ${who} and ended with exit code 0.`);
}

async function waitUntilCaughtUp({ connection, pipelines }: Demo): Promise<void> {
  const end = await readLogEnd(connection);
  const deadline = performance.now() + CATCH_UP_LIMIT_MS;
  while (!(await pipelines.hasReached(connection, end))) {
    if (pipelines.endedLog !== null) throw new Error("tailrace has ended by itself");
    if (performance.now() > deadline)
      throw new Error(
        `tailrace did not catch up with ${end.file}:${end.position} in ${CATCH_UP_LIMIT_MS / 1000} s; its last status: ${JSON.stringify(pipelines.statuses)}`,
      );
    await sleep(50);
  }
}

async function showEndOfLog(logFile: string, screen: Screen): Promise<void> {
  screen.print();
  screen.print(`The end of ${shownPath(logFile)}:`);
  screen.print(await lastLogLines(logFile, 15));
}

function showKept({ mysql, elasticsearch, kafka }: DemoServers, screen: Screen): void {
  screen.print();
  const brokers = kafka === null ? "" : `, Kafka at ${kafka.url.host}`;
  screen.print(`  Still running: ${mysql.url.href}${brokers} and ${elasticsearch.url.href}`);
  screen.print("  To stop them: npm run services -- down --instance demo");
}

async function connect(url: URL): Promise<Connection> {
  return await createConnection({
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    charset: "utf8mb4",
  });
}

function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}
