/** Larger buffers are not kept. */
const KEPT_BYTES = 8 * 1024 * 1024;
const LEAST_BYTES = 1024 * 1024;

/** A buffer that is written from its start, again and again. */
export class GrowingBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(LEAST_BYTES);

  /** Makes room for `more` bytes behind the first `length`, which stay as they are. Returns `bytes`, which may be another buffer now. */
  reserve(length: number, more: number): Buffer {
    const needed = length + more;
    if (needed <= this.bytes.length) return this.bytes;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.bytes.length, needed));
    this.bytes.copy(larger, 0, 0, length);
    this.bytes = larger;
    return larger;
  }

  /** Gives back what one large row has taken. Its content is lost. */
  shrink(): void {
    if (this.bytes.length > KEPT_BYTES) this.bytes = Buffer.allocUnsafeSlow(LEAST_BYTES);
  }
}
