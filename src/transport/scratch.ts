/** Beyond this a buffer is not kept. */
const KEPT_BYTES = 1024 * 1024;
const LEAST_BYTES = 4096;

/** Makes the function that gives a buffer of at least so many bytes, mostly the same one: its content lasts until the next call. */
export function createScratch(): (bytes: number) => Buffer {
  let kept = Buffer.alloc(0);
  return (bytes) => {
    if (bytes <= kept.length) return kept;
    const buffer = Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, bytes));
    if (bytes <= KEPT_BYTES) kept = buffer;
    return buffer;
  };
}
