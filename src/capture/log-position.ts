import type { LogPlace } from "../core/checkpoint.ts";
import { TailraceError } from "../core/errors.ts";
import {
  fileNumber,
  MAX_EPOCH,
  MAX_FILE_NUMBER,
  POSITION_LIMIT,
  versionHigh,
} from "../core/version.ts";

/**
 * Follows the place in the log, and gives the version of what stands there: `epoch (8 bits) | binlog file number (20) | end position (35)`.
 * Event headers hold the low 32 bits of an end position only: it is continued past 4 GiB.
 */
export class LogPosition {
  readonly epoch: number;
  file = "";
  position = 0;
  #fileNumber = 0;

  constructor(epoch: number) {
    if (epoch > MAX_EPOCH)
      throw new TailraceError("INVARIANT_BROKEN", `Epoch ${epoch} does not fit a version.`);
    this.epoch = epoch;
  }

  /** The log goes on in another file. */
  rotate(file: string, position: number): void {
    const number = fileNumber(file);
    if (!(number <= MAX_FILE_NUMBER))
      throw new TailraceError(
        "BINLOG_UNSUPPORTED",
        `The binlog file name ${file} has no number up to ${MAX_FILE_NUMBER}.`,
      );
    this.file = file;
    this.position = position;
    this.#fileNumber = number;
  }

  /** Does this place lie before the other one, or there, in the same log? */
  isWithin(place: LogPlace): boolean {
    const number = fileNumber(place.file);
    return (
      this.#fileNumber < number || (this.#fileNumber === number && this.position <= place.position)
    );
  }

  /** An event ends here, by the low 32 bits of its header. */
  advance(low: number): void {
    const base = Math.floor(this.position / 2 ** 32) * 2 ** 32;
    const candidate = base + low;
    this.position = candidate >= this.position ? candidate : candidate + 2 ** 32;
    if (this.position >= POSITION_LIMIT)
      throw new TailraceError(
        "BINLOG_UNSUPPORTED",
        `${this.file} is longer than 32 GiB: versions have no room for its positions.`,
      );
  }

  get versionHigh(): number {
    return versionHigh(this.epoch, this.#fileNumber, this.position);
  }

  get versionLow(): number {
    return this.position >>> 0;
  }
}
