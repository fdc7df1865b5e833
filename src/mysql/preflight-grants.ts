import type { Finding } from "../core/finding.ts";

interface NeededPrivilege {
  readonly name: string;
  /** Other names of the same right, as SHOW GRANTS prints them. */
  readonly aliases: readonly string[];
  readonly purpose: string;
}

const NEEDED: readonly NeededPrivilege[] = [
  { name: "REPLICATION SLAVE", aliases: ["REPLICATION REPLICA"], purpose: "read the binary log" },
  {
    name: "REPLICATION CLIENT",
    aliases: ["BINLOG MONITOR", "SUPER"],
    purpose: "ask where the binary log stands",
  },
];

/**
 * What the account's global privileges mean for a run, from the lines of SHOW GRANTS (those of active roles are among them). The right
 * to read the tables is tried, not parsed. Pure.
 */
export function evaluateGrants(lines: readonly string[], account: string): readonly Finding[] {
  const granted = new Set(lines.flatMap(globalPrivileges));
  const hasRoles = lines.some((line) => /^GRANT [`'][^,]*[`'](?:, ?[`'][^,]*[`'])* TO /.test(line));
  return NEEDED.map(({ name, aliases, purpose }): Finding => {
    if (["ALL PRIVILEGES", name, ...aliases].some((privilege) => granted.has(privilege))) {
      return { severity: "ok", check: name, message: `${account} has it` };
    }
    const role = hasRoles ? " If one of its roles has it, make that its default role." : "";
    return {
      severity: "error",
      check: name,
      message: `${account} lacks it and cannot ${purpose}`,
      remedy: `GRANT ${name} ON *.* TO ${account};${role}`,
    };
  });
}

/** `sync@%` → `'sync'@'%'`; a user's name may itself hold an @. */
export function quoteAccount(account: string): string {
  const at = account.lastIndexOf("@");
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  return `${quote(account.slice(0, at))}@${quote(account.slice(at + 1))}`;
}

function globalPrivileges(line: string): readonly string[] {
  const list = /^GRANT (.+?) ON \*\.\* TO /.exec(line)?.[1];
  return list?.split(/,\s*/) ?? [];
}
