import { crc32c, Writer } from "@platformatic/kafka";

/** CRC-32C of bytes (RFC 3720, B.4). In the library's own kind of buffer, for it would copy any other before it looks at it. */
export function checksumOf(bytes: Buffer): number {
  return crc32c(Writer.create().append(bytes).dynamicBuffer);
}
