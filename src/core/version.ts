import type { LogPlace } from "./checkpoint.ts";
import { TailraceError } from "./errors.ts";

/** Greatest epoch and binlog file number that a version has room for: 8 and 20 bits. */
export const MAX_EPOCH = 0xff;
export const MAX_FILE_NUMBER = 0xf_ffff;
/** And end of a binlog file: 35 bits, 32 GiB. */
export const POSITION_LIMIT = 2 ** 35;

/** A document version's high and low 32 bits. */
export interface Version {
  readonly high: number;
  readonly low: number;
}

/**
 * The version of what stands at a place of the log: `epoch (8 bits) | binlog file number (20) | end position (35)`. Throws BINLOG_UNSUPPORTED when the file's name has no
 * number, or a number or position that does not fit.
 */
export function versionOf(epoch: number, { file, position }: LogPlace): Version {
  const number = fileNumber(file);
  if (!(number <= MAX_FILE_NUMBER && position < POSITION_LIMIT))
    throw new TailraceError("BINLOG_UNSUPPORTED", `${file}:${position} does not fit a version.`);
  return { high: versionHigh(epoch, number, position), low: position >>> 0 };
}

/** The high 32 bits of a version, of an epoch, a binlog file's number and a position that fit. */
export function versionHigh(epoch: number, number: number, position: number): number {
  return ((epoch << 23) | (number << 3) | Math.floor(position / 2 ** 32)) >>> 0;
}

/** The epoch in the high 32 bits of a version. */
export function epochOf(high: number): number {
  return high >>> 23;
}

/** The number of a binlog file; NaN when its name has none. */
export function fileNumber(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? Number.NaN);
}

/** Does the place lie before the other one of the same log, or there? */
export function isWithin(place: LogPlace, other: LogPlace): boolean {
  if (place.file === other.file) return place.position <= other.position;
  return fileNumber(place.file) < fileNumber(other.file);
}
