import { MysqlGtidSet } from "../core/mysql-gtid-set.ts";
import { Cursor } from "./cursor.ts";
import { formatUuid } from "./events.ts";

/**
 * PREVIOUS_GTIDS of MySQL, the transactions of all earlier files of the log: the binary form that `MysqlGtidSet.encode` writes and describes. Throws
 * BINLOG_CORRUPT.
 */
export function decodePreviousGtids(bytes: Buffer, start: number, end: number): MysqlGtidSet {
  const set = new MysqlGtidSet();
  const c = new Cursor(bytes, start, end);
  const head = c.view(8);
  // with tags: 1 byte format, 6 bytes number, 1 byte format
  const isTagged = head[7] === TAGGED_FORMAT;
  const sources = head.readUIntLE(isTagged ? 1 : 0, 6);
  for (let i = 0; i < sources; i++) {
    const sid = formatUuid(c.view(16));
    const tag = isTagged ? c.text(c.uint8() >> 1) : "";
    const name = tag === "" ? sid : `${sid}:${tag}`;
    const ranges = Number(c.uint64());
    for (let r = 0; r < ranges; r++) {
      const [first, behind] = [c.uint64(), c.uint64()];
      set.add(`${name}:${first}-${behind - 1n}`);
    }
  }
  return set;
}

const TAGGED_FORMAT = 1;
