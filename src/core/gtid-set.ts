import type { GtidSet } from "./gtid.ts";
import { MariadbGtidPosition } from "./mariadb-gtid-position.ts";
import { MysqlGtidSet } from "./mysql-gtid-set.ts";

/**
 * Reads a GTID set of either kind; an empty text is the empty set. Throws CONFIG_INVALID when it is malformed, SOURCE_UNSUITABLE for a
 * transaction number above 2^53-1.
 */
export function parseGtidSet(flavor: GtidSet["flavor"], text: string): GtidSet {
  return flavor === "mysql" ? MysqlGtidSet.parse(text) : MariadbGtidPosition.parse(text);
}
