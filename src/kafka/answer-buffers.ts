const SMALLEST = 64 << 10;
const STEP = 1 << 20;

/** Buffers for answers, used again when they have been read: to get fresh memory for megabytes again and again costs more than to fill it. */
export class AnswerBuffers {
  readonly #maxBytes: number;
  readonly #free: Buffer[] = [];
  #freeBytes = 0;

  /** Keeps no more than this many bytes of buffers that are not in use. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** A buffer of at least this length; of what it holds nothing is promised. */
  take(length: number): Buffer {
    const index = this.#free.findIndex((buffer) => buffer.length >= length);
    if (index < 0) return Buffer.allocUnsafeSlow(sizeFor(length));
    const [buffer] = this.#free.splice(index, 1) as [Buffer];
    this.#freeBytes -= buffer.length;
    return buffer;
  }

  /** Nobody looks at the buffer any more. */
  give(buffer: Buffer): void {
    if (this.#freeBytes + buffer.length > this.#maxBytes) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.length;
  }
}

/** Few sizes, so that buffers fit again. */
function sizeFor(length: number): number {
  if (length > STEP) return Math.ceil(length / STEP) * STEP;
  let size = SMALLEST;
  while (size < length) size *= 2;
  return size;
}
