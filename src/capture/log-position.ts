import { TailraceError } from "../core/errors.ts";

/** Greatest epoch and binlog file number that a version has room for: 8 and 20 bits. */
export const MAX_EPOCH = 0xff;
const MAX_FILE_NUMBER = 0xf_ffff;

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
    const number = Number(/\.(\d+)$/.exec(file)?.[1] ?? Number.NaN);
    if (!(number <= MAX_FILE_NUMBER))
      throw new TailraceError(
        "BINLOG_UNSUPPORTED",
        `The binlog file name ${file} has no number up to ${MAX_FILE_NUMBER}.`,
      );
    this.file = file;
    this.position = position;
    this.#fileNumber = number;
  }

  /** An event ends here, by the low 32 bits of its header. */
  advance(low: number): void {
    const base = Math.floor(this.position / 2 ** 32) * 2 ** 32;
    const candidate = base + low;
    this.position = candidate >= this.position ? candidate : candidate + 2 ** 32;
  }

  get versionHigh(): number {
    return (
      ((this.epoch << 23) | (this.#fileNumber << 3) | Math.floor(this.position / 2 ** 32)) >>> 0
    );
  }

  get versionLow(): number {
    return this.position >>> 0;
  }
}
