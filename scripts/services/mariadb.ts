import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { installDebianRoot } from "./debian-root.ts";
import type { ServerPackage } from "./server.ts";
import { launchSqlServer } from "./sql-server.ts";

/** What mariadb-install-db feeds to a bootstrapping server, in its order. */
const SYSTEM_TABLES = [
  "mysql_system_tables.sql",
  "mysql_performance_tables.sql",
  "mysql_system_tables_data.sql",
  "fill_help_tables.sql",
  "maria_add_gis_sp_bootstrap.sql",
  "mysql_sys_schema.sql",
];

/** MariaDB 10.11 from Debian 12. */
export const mariadbPackage: ServerPackage = {
  logFile: "server.log",
  bin: (distribution) => join(distribution, "bin"),
  install: async (report) => {
    const { directory } = await installDebianRoot(
      "mariadb-10.11",
      {
        suite: "bookworm",
        packages: ["mariadb-server-core", "mariadb-client-core"],
        // For mariadb-binlog and the plugins.
        alone: ["mariadb-client", "mariadb-server"],
        programs: ["mariadbd", "mariadb", "mariadb-admin", "mariadb-binlog", "mariadb-dump"],
      },
      report,
    );
    return directory;
  },
  launch: (plan) =>
    launchSqlServer(plan, {
      program: "mariadbd",
      settings: {
        gtid_strict_mode: "ON",
        character_set_server: "utf8mb4",
        innodb_log_file_size: "32M",
      },
      initialise: [
        "--skip-log-bin",
        "--bootstrap",
        "--enforce-storage-engine=",
        "--max-allowed-packet=8M",
        "--net-buffer-length=16K",
      ],
      initialInput: async () => {
        const folder = join(plan.distribution, "root", "usr", "share", "mysql");
        const files = SYSTEM_TABLES.map((file) => readFile(join(folder, file), "utf8"));
        return [
          "CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n",
          ...(await Promise.all(files)),
        ].join("");
      },
    }),
};
