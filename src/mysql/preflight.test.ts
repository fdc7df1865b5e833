import { describe, expect, test } from "vitest";
import type { Finding } from "../core/finding.ts";
import { evaluateGrants, quoteAccount } from "./preflight-grants.ts";
import { evaluateSettings, type SourceSettings } from "./preflight-settings.ts";
import { evaluateTables, type CheckedTable, type CheckedTables } from "./preflight-tables.ts";
import { parseVersion, type ServerDescription } from "./server.ts";

function server(version: string): ServerDescription {
  return {
    flavor: version.includes("MariaDB") ? "mariadb" : "mysql",
    version,
    versionNumber: parseVersion(version),
    serverUuid: "u",
    serverId: 1,
    hasGtids: true,
    lowerCaseTableNames: 0,
  };
}

const SOUND = {
  log_bin: "ON",
  binlog_format: "ROW",
  binlog_row_image: "FULL",
  binlog_row_metadata: "FULL",
  binlog_row_value_options: "",
  gtid_mode: "ON",
  gtid_strict_mode: "ON",
  binlog_expire_logs_seconds: "2592000",
  max_allowed_packet: "67108864",
};

function settings(
  variables: Record<string, string | undefined>,
  other: Partial<SourceSettings> = {},
): SourceSettings {
  const entries = Object.entries({ ...SOUND, ...variables });
  const defined = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    server: server("9.7.4"),
    variables: new Map(defined),
    replicas: [],
    serverId: 4711,
    isReplica: false,
    ...other,
  };
}

/** What is not fine: "severity check: remedy". */
function problems(findings: readonly Finding[]): string[] {
  return findings
    .filter((finding) => finding.severity !== "ok")
    .map(({ severity, check, remedy }) => `${severity} ${check}: ${remedy}`);
}

const mariadb = { server: server("10.11.18-MariaDB-log") };

describe("evaluateSettings", () => {
  test("finds nothing on a server that is set up well", () => {
    expect(problems(evaluateSettings(settings({})))).toEqual([]);
    expect(problems(evaluateSettings(settings({ gtid_mode: undefined }, mariadb)))).toEqual([]);
  });

  test.each<[Record<string, string | undefined>, Partial<SourceSettings>, string]>([
    [{ log_bin: "OFF" }, {}, "error log_bin: Put log_bin = binlog"],
    [
      { binlog_format: "MIXED" },
      mariadb,
      "error binlog_format: SET GLOBAL binlog_format = 'ROW'; (and",
    ],
    [{ binlog_format: "STATEMENT" }, {}, "error binlog_format: SET PERSIST binlog_format = 'ROW';"],
    [{ binlog_row_image: "MINIMAL" }, {}, "warning binlog_row_image: SET PERSIST"],
    [
      { binlog_row_metadata: "MINIMAL" },
      {},
      "warning binlog_row_metadata: SET PERSIST binlog_row_metadata = 'FULL';",
    ],
    [
      { binlog_row_metadata: undefined },
      { server: server("5.7.44-log") },
      "warning binlog_row_metadata: Upgrade",
    ],
    [{ binlog_row_value_options: "PARTIAL_JSON" }, {}, "warning binlog_row_value_options: SET"],
    [
      { gtid_mode: "OFF_PERMISSIVE" },
      {},
      "warning gtid_mode: SET PERSIST enforce_gtid_consistency = ON; SET PERSIST gtid_mode = ON_PERMISSIVE; SET PERSIST gtid_mode = ON;",
    ],
    [{ gtid_strict_mode: "OFF" }, mariadb, "warning gtid_strict_mode: SET GLOBAL"],
    [{}, { server: { ...server("9.7.4"), serverId: 0 } }, "error server id: SET PERSIST server_id"],
    [{}, { serverId: 1 }, "error server id: Give source.server_id"],
    [
      {},
      { replicas: [{ serverId: 4711, host: "db-2", uuid: "x" }] },
      "error server id: Give source.server_id",
    ],
    [
      { binlog_expire_logs_seconds: "3600" },
      {},
      "warning log retention: SET PERSIST binlog_expire_logs_seconds = 604800;",
    ],
    [
      { binlog_expire_logs_seconds: undefined, expire_logs_days: "0.5" },
      mariadb,
      "warning log retention: SET GLOBAL expire_logs_days = 7;",
    ],
    [
      { log_slave_updates: "OFF" },
      { ...mariadb, isReplica: true },
      "error log_slave_updates: Put log_slave_updates = ON",
    ],
    [{ max_allowed_packet: "1024" }, {}, "warning max_allowed_packet: SET PERSIST"],
    [{}, { server: server("5.6.51") }, "error server version: Upgrade"],
  ])("%j", (variables, other, problem) => {
    const found = problems(evaluateSettings(settings(variables, other)));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(problem);
  });

  test("a tailrace that is registered with our id is ourselves, for all that can be seen", () => {
    const replicas = [{ serverId: 4711, host: "tailrace" }];
    expect(problems(evaluateSettings(settings({}, { replicas })))).toEqual([]);
  });

  test("logs that are never purged are kept long enough", () => {
    const never = settings({ binlog_expire_logs_seconds: "0", expire_logs_days: "0.000000" });
    expect(problems(evaluateSettings(never))).toEqual([]);
    const noPurge = { binlog_expire_logs_seconds: "60", binlog_expire_logs_auto_purge: "OFF" };
    expect(problems(evaluateSettings(settings(noPurge)))).toEqual([]);
  });
});

describe("evaluateGrants", () => {
  // Lines of SHOW GRANTS from MySQL 9.7.4 and MariaDB 10.11.
  test.each([
    ["GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `sync`@`%`"],
    ["GRANT SELECT, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO `sync`@`%`"],
    ["GRANT ALL PRIVILEGES ON *.* TO `root`@`127.0.0.1` WITH GRANT OPTION"],
  ])("%s is enough", (line) => {
    expect(problems(evaluateGrants([line], "'sync'@'%'"))).toEqual([]);
  });

  test("names the statement that grants what is missing, and roles that are not active", () => {
    const lines = ["GRANT USAGE ON *.* TO `u`@`%`", "GRANT `reader`@`%` TO `u`@`%`"];
    const found = problems(evaluateGrants(lines, "'u'@'%'"));
    expect(found).toEqual([
      "error REPLICATION SLAVE: GRANT REPLICATION SLAVE ON *.* TO 'u'@'%'; If one of its roles has it, make that its default role.",
      "error REPLICATION CLIENT: GRANT REPLICATION CLIENT ON *.* TO 'u'@'%'; If one of its roles has it, make that its default role.",
    ]);
    const onDatabase = ["GRANT REPLICATION SLAVE, REPLICATION CLIENT ON `shop`.* TO `u`@`%`"];
    expect(problems(evaluateGrants(onDatabase, "'u'@'%'"))[0]).not.toContain("role");
  });

  test("quotes accounts", () => {
    expect(quoteAccount("a@b@%")).toBe("'a@b'@'%'");
    expect(quoteAccount("o'neil@h")).toBe("'o''neil'@'h'");
  });
});

describe("evaluateTables", () => {
  const table: CheckedTable = {
    description: {
      schema: {
        database: "shop",
        table: "items",
        columns: [
          { name: "id", type: { kind: "integer", bytes: 4, unsigned: false }, nullable: false },
        ],
        primaryKey: [0],
      },
      engine: "InnoDB",
      estimatedRows: 0,
      unreadable: [],
      isSequence: false,
    },
    definition:
      "CREATE TABLE `items` (\n  `id` int NOT NULL,\n  PRIMARY KEY (`id`),\n" +
      "  CONSTRAINT `f``1` FOREIGN KEY (`a`, `b`) REFERENCES `other`.`orders` (`a`, `b`) ON DELETE CASCADE ON UPDATE SET NULL,\n" +
      "  CONSTRAINT `f2` FOREIGN KEY (`c`) REFERENCES `x` (`id`) ON DELETE RESTRICT\n) ENGINE=InnoDB",
    readError: undefined,
  };
  const checked: CheckedTables = {
    server: server("9.7.4"),
    tables: [table],
    loggedDatabases: [],
    ignoredDatabases: [],
    hasNativeForeignKeys: false,
    account: "'sync'@'%'",
  };
  const withoutKey =
    "ALTER TABLE `shop`.`items` DROP FOREIGN KEY `f``1`; ALTER TABLE `shop`.`items` ADD CONSTRAINT `f``1` " +
    "FOREIGN KEY (`a`, `b`) REFERENCES `other`.`orders` (`a`, `b`); and let the application change the child rows.";
  const cascade = `warning table shop.items: ${withoutKey}`;

  test("says in one line that all is well", () => {
    expect(evaluateTables(checked)).toMatchObject([{ severity: "ok", check: "tables" }]);
  });

  test.each<[string, Partial<CheckedTables>, string[]]>([
    ["cascades in MySQL 9.7 are in the log", {}, []],
    ["before 9.6 they are not", { server: server("9.5.0") }, [cascade]],
    ["nor in MariaDB", { server: server("11.8.2-MariaDB") }, [cascade]],
    ["nor when InnoDB does them", { hasNativeForeignKeys: true }, [cascade]],
    [
      "a pipeline that can follow them says so",
      { hasNativeForeignKeys: true, followsForeignKeys: () => false },
      [`warning table shop.items: cascade = "synthesize" on its rule; or ${withoutKey}`],
    ],
    [
      "one that does follow them needs no log",
      { hasNativeForeignKeys: true, followsForeignKeys: () => true },
      [],
    ],
  ])("%s", (_, other, expected) => {
    expect(problems(evaluateTables({ ...checked, ...other }))).toEqual(expected);
  });

  test.each<[string, Partial<CheckedTable>, Partial<CheckedTables>, string]>([
    [
      "no privilege",
      { readError: "SELECT command denied" },
      {},
      "error table shop.items: GRANT SELECT ON `shop`.`items` TO 'sync'@'%';",
    ],
    [
      "a database that is not logged",
      {},
      { ignoredDatabases: ["shop"] },
      "error table shop.items:",
    ],
    [
      "a database that is not among the logged",
      {},
      { loggedDatabases: ["a"] },
      "error table shop.items:",
    ],
    [
      "MyISAM",
      { description: { ...table.description, engine: "MyISAM" } },
      {},
      "warning table shop.items: ALTER TABLE `shop`.`items` ENGINE = InnoDB;",
    ],
    [
      "versioned by transaction ids",
      {
        definition:
          "CREATE TABLE `items` (\n  `id` int,\n  `e` bigint(20) unsigned GENERATED ALWAYS AS ROW END\n) ENGINE=InnoDB WITH SYSTEM VERSIONING",
      },
      {},
      "error table shop.items: Version it by TIMESTAMP(6) columns",
    ],
    [
      "an old temporal column",
      {
        description: {
          ...table.description,
          unreadable: [{ column: "v", type: "time(3) /* mariadb-5.3 */" }],
        },
      },
      {},
      "error table shop.items: ALTER TABLE `shop`.`items` FORCE;",
    ],
  ])("%s", (_, change, other, expected) => {
    const found = problems(
      evaluateTables({ ...checked, ...other, tables: [{ ...table, ...change }] }),
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });
});
