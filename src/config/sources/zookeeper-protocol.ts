/**
 * ZooKeeper's client protocol as far as reading a node takes (zookeeper.jute in its sources): big-endian, each message behind its length in 4 bytes; texts and
 * buffers behind theirs, -1 = null.
 */

/** Operations of a request's header. */
export const OPERATION = { create: 1, getData: 4, setData: 5, ping: 11, auth: 100, close: -11 };

/** Numbers of messages that answer no request, or one that has no number of its own. */
export const XID = { event: -1, ping: -2, auth: -4 };

/** Error numbers of replies. */
export const ZK_ERROR = { noNode: -101, noAuth: -102, authFailed: -115 };

/** What identifies a session to the server. */
export interface SessionIdentity {
  readonly id: bigint;
  readonly password: Buffer;
}

/** ConnectRequest: protocolVersion int, lastZxidSeen long, timeOut int, sessionId long, passwd buffer, readOnly boolean. */
export function encodeConnect(options: {
  readonly lastZxid: bigint;
  readonly timeoutMs: number;
  readonly session: SessionIdentity;
}): Buffer {
  const fixed = Buffer.alloc(24);
  fixed.writeBigInt64BE(options.lastZxid, 4);
  fixed.writeInt32BE(options.timeoutMs, 12);
  fixed.writeBigInt64BE(options.session.id, 16);
  return Buffer.concat([fixed, encodeBuffer(options.session.password), Buffer.from([0])]);
}

/** ConnectResponse: protocolVersion int, timeOut int (0 = the session has expired), sessionId long, passwd buffer. */
export function decodeConnected(message: Buffer): SessionIdentity & { readonly timeoutMs: number } {
  return {
    timeoutMs: message.readInt32BE(4),
    id: message.readBigInt64BE(8),
    password: decodeBuffer(message, 16),
  };
}

/** RequestHeader (xid int, type int) and the request. */
export function encodeRequest(xid: number, operation: number, body: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeInt32BE(xid);
  header.writeInt32BE(operation, 4);
  return Buffer.concat([header, body]);
}

/** ReplyHeader: xid int, zxid long, err int; the rest is the reply. */
export function decodeReply(message: Buffer): {
  readonly xid: number;
  readonly zxid: bigint;
  readonly error: number;
  readonly body: Buffer;
} {
  return {
    xid: message.readInt32BE(0),
    zxid: message.readBigInt64BE(4),
    error: message.readInt32BE(12),
    body: message.subarray(16),
  };
}

/** AuthPacket: type int, scheme text, auth buffer. */
export function encodeDigestAuth(user: string, password: string): Buffer {
  return Buffer.concat([
    Buffer.alloc(4),
    encodeBuffer(Buffer.from("digest")),
    encodeBuffer(Buffer.from(`${user}:${password}`)),
  ]);
}

/** GetDataRequest: path text, watch boolean. */
export function encodeGetData(path: string, watch: boolean): Buffer {
  return Buffer.concat([encodeBuffer(Buffer.from(path)), Buffer.from([watch ? 1 : 0])]);
}

/** A buffer or text behind its length. */
export function encodeBuffer(content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** The buffer at `offset`; an empty one for null. Throws RangeError when it is not whole. */
export function decodeBuffer(message: Buffer, offset: number): Buffer {
  const length = message.readInt32BE(offset);
  if (length < 0) return Buffer.alloc(0);
  const end = offset + 4 + length;
  if (end > message.length) throw new RangeError("a message of ZooKeeper is cut short");
  return message.subarray(offset + 4, end);
}
