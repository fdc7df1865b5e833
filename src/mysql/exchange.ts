import type { Socket } from "node:net";

const COM_QUERY = 0x03;
const HEADER_BYTES = 4;

/** The other side said nothing for too long. */
export const SILENCE: Error = new Error("no answer");

/** How an answer is taken. */
export interface ExchangeOptions {
  /** Gets each piece of the answer; true when it is whole. */
  readonly take: (bytes: Buffer) => boolean;
  /** Silence that is waited for. */
  readonly timeoutMs: number;
}

/**
 * COM_QUERY, whose answer begins a new sequence of packets: 0x03 and the statement to the packet's end (with neither CLIENT_QUERY_ATTRIBUTES nor 16 MiB)
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query.html).
 */
export function queryPacket(sql: string): Buffer {
  const text = Buffer.from(sql, "utf8");
  const packet = Buffer.allocUnsafe(HEADER_BYTES + 1 + text.length);
  packet.writeUInt32LE(1 + text.length);
  packet[HEADER_BYTES] = COM_QUERY;
  text.copy(packet, HEADER_BYTES + 1);
  return packet;
}

/**
 * Writes a request to a socket on which others listen, keeps its answer from them, and lets them listen again when it is whole. Resolves with null then, else
 * with what went wrong: {@link SILENCE}, the socket's error, what `take` threw.
 */
export function exchangeOn(
  socket: Socket,
  request: Buffer,
  { take, timeoutMs }: ExchangeOptions,
): Promise<Error | null> {
  if (socket.destroyed) return Promise.resolve(new Error("the connection is closed"));
  const others = socket.listeners("data") as ((bytes: Buffer) => void)[];
  return new Promise((resolve) => {
    const timer = setTimeout(() => end(SILENCE), timeoutMs);
    const onData = (bytes: Buffer): void => {
      timer.refresh();
      try {
        if (take(bytes)) end(null);
      } catch (error) {
        end(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const onClose = (): void => end(new Error("the server closed the connection"));
    const end = (error: Error | null): void => {
      clearTimeout(timer);
      socket.off("data", onData).off("error", end).off("close", onClose);
      for (const listener of others) socket.on("data", listener);
      resolve(error);
    };
    for (const listener of others) socket.off("data", listener);
    socket.on("data", onData).on("error", end).on("close", onClose);
    socket.write(request);
  });
}
