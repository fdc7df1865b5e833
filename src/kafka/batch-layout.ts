/*
  Record batch, version 2 (https://kafka.apache.org/documentation/#recordbatch). Integers are big-endian.

    0  baseOffset            int64   0 when produced, the broker sets it
    8  batchLength           int32   of what follows
   12  partitionLeaderEpoch  int32
   16  magic                 int8    2
   17  crc                   uint32  CRC-32C of what follows
   21  attributes            int16   bits 0-2 compression, 3 timestamp type, 4 transactional, 5 control
   23  lastOffsetDelta       int32
   27  baseTimestamp         int64
   35  maxTimestamp          int64
   43  producerId            int64
   51  producerEpoch         int16
   53  baseSequence          int32
   57  recordCount           int32
   61  records, perhaps compressed, each:
         length varint, attributes int8, timestampDelta varlong, offsetDelta varint, key and value each length varint (-1 = null) and bytes,
         headers: count varint, each name length varint and bytes, value length varint (-1 = null) and bytes
*/

/** Places in a batch. */
export const BATCH = {
  baseOffset: 0,
  length: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** What `length` does not count: itself and what stands before it. */
export const LENGTH_END = 12;

/** The only version of batches that Kafka 4 knows; 3 can be made to keep older ones, which nobody has written since 2017. */
export const MAGIC = 2;

/** Bits of `attributes`. */
export const ATTRIBUTES = {
  compression: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
} as const;
