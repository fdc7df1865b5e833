import { isMarkedAsUntransferable } from "node:worker_threads";

/**
 * Gives the memory of buffers back that nobody reads any more; they are empty then. Left to garbage collection it would add up first: what lies outside of the heap
 * hardly hastens one. Buffers that share their memory with others (Node's pool) stay as they are.
 */
export function freeBuffers(buffers: readonly Uint8Array[]): void {
  for (const { buffer } of buffers)
    if (buffer instanceof ArrayBuffer && !buffer.detached && !isMarkedAsUntransferable(buffer))
      buffer.transfer(0);
}
