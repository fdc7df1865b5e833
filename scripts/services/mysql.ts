import { join } from "node:path";
import { installDebianRoot } from "./debian-root.ts";
import type { ServerPackage } from "./server.ts";
import { launchSqlServer } from "./sql-server.ts";

/** MySQL from Debian's unstable suite, the only one that has it. That keeps the newest version only, so this takes what is there. */
export const mysqlPackage: ServerPackage = {
  logFile: "server.log",
  bin: (distribution) => join(distribution, "bin"),
  install: async (report) => {
    const { directory } = await installDebianRoot(
      "mysql-sid",
      {
        suite: "sid",
        packages: ["mysql-server-core", "mysql-client-core"],
        alone: [],
        programs: ["mysqld", "mysql", "mysqladmin", "mysqlbinlog", "mysqldump"],
      },
      report,
    );
    return directory;
  },
  launch: (plan) =>
    launchSqlServer(plan, {
      program: "mysqld",
      settings: {
        mysqlx: "OFF",
        secure_file_priv: "",
        gtid_mode: "ON",
        enforce_gtid_consistency: "ON",
        innodb_redo_log_capacity: "32M",
      },
      initialise: ["--skip-log-bin", "--initialize-insecure"],
      initialInput: async () => "",
    }),
};
