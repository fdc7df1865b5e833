import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { runCommand } from "./command.ts";
import type { ServerOptions } from "./contract.ts";
import { exists } from "./debian-root.ts";
import { withLock } from "./lock.ts";
import type { ProcessRecord } from "./process.ts";
import { startDetached } from "./process.ts";
import type { LaunchPlan, ServerProtocol } from "./server.ts";
import { giveToServer, unprivilegedPrefix } from "./unprivileged.ts";

/** Row events with all metadata, and nothing synced to the disk: these servers are for tests and demos. */
const COMMON_SETTINGS: ServerOptions = {
  bind_address: "127.0.0.1",
  skip_name_resolve: "ON",
  log_bin: "binlog",
  binlog_format: "ROW",
  binlog_row_image: "FULL",
  binlog_row_metadata: "FULL",
  sync_binlog: 0,
  innodb_flush_log_at_trx_commit: 0,
  innodb_doublewrite: "OFF",
  innodb_buffer_pool_size: "128M",
};

/** Settings that count when the data folder is created, and cannot be changed later. */
const FIRST_START_SETTINGS = ["lower_case_table_names", "innodb_page_size"];

/** Accounts: `root` without a password, and `sync` with what a replica needs. Not in the binary log. */
export const ACCOUNTS: readonly string[] = [
  "SET SESSION sql_log_bin = 0",
  "CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY ''",
  "GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION",
  "CREATE USER IF NOT EXISTS 'sync'@'%' IDENTIFIED BY 'sync'",
  "GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'sync'@'%'",
];

/** How MySQL and MariaDB are spoken to. */
export const sqlProtocol: ServerProtocol = {
  url: (port) => `mysql://root@127.0.0.1:${port}/`,
  probe: async (url) => {
    const connection = await createConnection({ uri: url, connectTimeout: 5000 });
    try {
      const [rows] = await connection.query("SELECT VERSION() AS version");
      return (rows as { readonly version: string }[])[0]?.version ?? "";
    } finally {
      connection.destroy();
    }
  },
};

/** What differs between mysqld and mariadbd. */
export interface SqlLaunch {
  /** Name of the server program in the distribution's `bin/`. */
  readonly program: string;
  readonly settings: ServerOptions;
  /** Arguments that make the program fill an empty data folder and end. */
  readonly initialise: readonly string[];
  /** What it then reads from its standard input. */
  readonly initialInput: () => Promise<string>;
}

/** Writes my.cnf, creates the data of a new instance, and starts the server. */
export async function launchSqlServer(plan: LaunchPlan, launch: SqlLaunch): Promise<ProcessRecord> {
  const { directory, distribution } = plan;
  const configuration = join(directory, "my.cnf");
  const log = join(directory, "server.log");
  const accounts = join(directory, "accounts.sql");
  const usr = join(distribution, "root", "usr");
  const temporary = join(directory, "tmp");
  await mkdir(temporary, { recursive: true });
  // The path of a socket has at most 107 bytes.
  const socket = join(directory, "server.sock");
  const settings: ServerOptions = {
    basedir: usr,
    datadir: join(directory, "data"),
    // MariaDB empties it of temporary tables when it starts, other servers' too
    tmpdir: temporary,
    plugin_dir: join(usr, "lib", "mysql", "plugin"),
    lc_messages_dir: join(usr, "share", "mysql"),
    character_sets_dir: join(usr, "share", "mysql", "charsets"),
    port: plan.port,
    server_id: plan.port,
    socket: socket.length < 100 ? socket : join(tmpdir(), `tailrace-${plan.port}.sock`),
    pid_file: join(directory, "server.pid"),
    log_error: log,
    ...COMMON_SETTINGS,
    ...launch.settings,
  };
  await writeConfiguration(configuration, { ...settings, ...plan.options });
  await writeFile(accounts, ACCOUNTS.map((statement) => `${statement};\n`).join(""));
  await writeFile(log, "", { flag: "a" });
  await giveToServer(directory);
  const [command, ...args] = [
    ...(await unprivilegedPrefix([distribution, directory])),
    join(distribution, "bin", launch.program),
  ];
  const initialise = async (data: string, options: ServerOptions): Promise<void> => {
    plan.report("creating a data folder");
    const initial = join(directory, "initial.cnf");
    await writeConfiguration(initial, { ...settings, ...options, datadir: data });
    await mkdir(data);
    await giveToServer(directory);
    await runCommand(command, [...args, `--defaults-file=${initial}`, ...launch.initialise], {
      input: await launch.initialInput(),
    });
    // The server's identity (@@server_uuid), which every instance gets anew at its first start.
    await rm(join(data, "auto.cnf"), { force: true });
  };
  await createData(plan, initialise);
  return startDetached({
    command,
    args: [...args, `--defaults-file=${configuration}`, `--init-file=${accounts}`],
    cwd: directory,
    logFile: log,
  });
}

async function writeConfiguration(file: string, settings: ServerOptions): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  await writeFile(file, `[mysqld]\n${lines.join("\n")}\n`);
}

/** Creates the data folder of a new instance: a copy of one that is created once for each distribution, which takes seconds. */
async function createData(
  plan: LaunchPlan,
  initialise: (data: string, options: ServerOptions) => Promise<void>,
): Promise<void> {
  const data = join(plan.directory, "data");
  if (await exists(data)) return;
  const partial = `${data}.partial`;
  await rm(partial, { recursive: true, force: true });
  const own = Object.entries(plan.options).filter(([name]) => FIRST_START_SETTINGS.includes(name));
  if (own.length > 0) {
    await initialise(partial, Object.fromEntries(own));
  } else {
    const pristine = join(plan.distribution, "pristine");
    await withLock(pristine, async () => {
      if (await exists(pristine)) return;
      await initialise(partial, {});
      await rm(`${pristine}.partial`, { recursive: true, force: true });
      await runCommand("cp", ["-a", partial, `${pristine}.partial`]);
      await rename(`${pristine}.partial`, pristine);
    });
    if (!(await exists(partial))) await runCommand("cp", ["-a", pristine, partial]);
  }
  await rename(partial, data);
}
