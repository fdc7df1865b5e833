/**
 * Hashes that choose a key's partition.
 */

const SEED = 0x9747b28c;
const MIX = 0x5bd1e995;

/** Kafka's murmur2 of bytes[0, length), 32 bits, signed (`org.apache.kafka.common.utils.Utils.murmur2`). */
export function murmur2(bytes: Uint8Array, length: number): number {
  let h = SEED ^ length;
  const words = length & ~3;
  for (let i = 0; i < words; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    k = Math.imul(k, MIX);
    k = Math.imul(k ^ (k >>> 24), MIX);
    h = Math.imul(h, MIX) ^ k;
  }
  const rest = length & 3;
  if (rest === 3) h ^= bytes[words + 2]! << 16;
  if (rest >= 2) h ^= bytes[words + 1]! << 8;
  if (rest >= 1) h = Math.imul(h ^ bytes[words]!, MIX);
  h = Math.imul(h ^ (h >>> 13), MIX);
  return h ^ (h >>> 15);
}

/** The partition of a murmur2 hash among `partitions`, as Kafka's own partitioner takes it. */
export function murmur2Partition(hash: number, partitions: number): number {
  return (hash & 0x7fffffff) % partitions;
}

/** Java's `String.hashCode`, 32 bits, signed. */
export function javaHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0;
  return hash;
}

/**
 * {@link javaHash} of the JSON string in bytes[0, length). `isPadded`: without the NULs at its end, for Canal's log parser drops those of a BINARY.
 */
export function javaHashOfJson(bytes: Buffer, length: number, isPadded: boolean): number {
  let hash = 0;
  for (let i = 1; i < length - 1; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80 || byte === 0x5c) {
      const text = JSON.parse(bytes.toString("utf8", 0, length)) as string;
      return javaHash(isPadded ? withoutPadding(text) : text);
    }
    hash = (Math.imul(31, hash) + byte) | 0;
  }
  return hash;
}

/** The text without NULs at its end. */
export function withoutPadding(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end -= 1;
  return text.slice(0, end);
}

/** The partition of a Java hash among `partitions`, as Canal takes it: `Math.abs` of the least int is negative. */
export function canalPartition(hash: number, partitions: number): number {
  return Math.abs(Math.abs(hash) % partitions);
}
