import type { Socket } from "node:net";
import type { ByteSource } from "../core/byte-source.ts";
import { systemClock, type Clock } from "../core/clock.ts";
import { TailraceError } from "../core/errors.ts";
import { receiveBuffersOf, type ReceiveBuffers } from "./receive-buffers.ts";
import { translateMysqlError } from "./translate-error.ts";

/** How long a silent sender is trusted, and what names it in errors. */
export interface SocketSourceOptions {
  /** "MySQL at 127.0.0.1:3306". */
  readonly name: string;
  /** Silence before the first chunk, ms: a server may search its logs for long. */
  readonly firstTimeoutMs: number;
  /** Silence after the first chunk, ms. */
  readonly timeoutMs: number;
  readonly clock?: Clock;
}

/** As many bytes that nobody has taken, and the socket is paused. */
const MAX_HELD_BYTES = 256 * 1024;
const ARRIVED: Promise<boolean> = Promise.resolve(true);

/**
 * The bytes of a socket, pulled. While the consumer keeps up, a chunk goes from the socket's callback to the consumer in the same tick
 * and the socket is never paused; when it does not, a chunk or two are held (fewer than two times {@link MAX_HELD_BYTES}) and TCP holds
 * the sender.
 *
 * The watchdog counts silence only while somebody waits, so a consumer that stands still never takes the source for dead.
 */
export class SocketByteSource implements ByteSource {
  readonly #socket: Socket;
  readonly #options: SocketSourceOptions;
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  readonly #buffers: ReceiveBuffers | undefined;
  #chunks: Buffer[] = [];
  /** The chunk that the consumer works on. */
  #taken: Buffer | undefined;
  #heldBytes = 0;
  #paused = false;
  #ended = false;
  #error: TailraceError | undefined;
  #resolve: ((arrived: boolean) => void) | undefined;
  #reject: ((error: TailraceError) => void) | undefined;
  #hasData = false;
  /** When the current silence began; only while somebody waits. */
  #silentSince = 0;

  constructor(socket: Socket, options: SocketSourceOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#buffers = receiveBuffersOf(socket);
    if (this.#buffers === undefined) socket.on("data", (chunk: Buffer) => this.#arrived(chunk));
    else this.#buffers.onChunk = (chunk) => this.#arrived(chunk);
    socket.resume();
    socket.on("error", (error) => this.fail(translateMysqlError(error, options.name)));
    socket.on("close", () => this.#end());
    void this.#watch();
  }

  read(): Buffer | null {
    this.#release();
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return null;
    this.#taken = chunk;
    this.#heldBytes -= chunk.length;
    if (this.#paused && this.#heldBytes < MAX_HELD_BYTES) {
      this.#paused = false;
      this.#socket.resume();
    }
    return chunk;
  }

  wait(): Promise<boolean> {
    this.#release();
    if (this.#chunks.length > 0) return ARRIVED;
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(false);
    this.#silentSince = this.#clock.now();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Sends bytes to the other side. */
  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Ends the connection with this error, which the consumer gets behind the chunks that are here already. */
  fail(error: TailraceError): void {
    this.#error ??= error;
    this.#socket.destroy();
    if (this.#resolve !== undefined) this.#reject?.(error);
    this.#resolve = undefined;
    this.#closed.abort();
  }

  /** Closes the socket at once; whoever waits hears that the connection has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    this.#end();
  }

  #release(): void {
    if (this.#taken !== undefined) this.#buffers?.release(this.#taken);
    this.#taken = undefined;
  }

  #arrived(chunk: Buffer): void {
    this.#hasData = true;
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    const resolve = this.#resolve;
    if (resolve !== undefined) {
      // The consumer takes the chunk before the socket reads again.
      this.#resolve = undefined;
      resolve(true);
    } else if (this.#heldBytes >= MAX_HELD_BYTES || this.#buffers !== undefined) {
      this.#paused = true;
      this.#socket.pause();
    }
  }

  #end(): void {
    this.#ended = true;
    this.#resolve?.(false);
    this.#resolve = undefined;
    this.#closed.abort();
  }

  /** One timer for the connection's life; each turn sleeps until the present silence could be too long. */
  async #watch(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const { firstTimeoutMs, timeoutMs, name } = this.#options;
      const limit = this.#hasData ? timeoutMs : firstTimeoutMs;
      const silence = this.#resolve === undefined ? 0 : this.#clock.now() - this.#silentSince;
      if (silence >= limit) {
        const text = `${name} sent neither events nor heartbeats for ${limit} ms`;
        this.fail(new TailraceError("SOURCE_STALLED", text));
        return;
      }
      await this.#clock.sleep(Math.min(limit - silence, timeoutMs), signal);
    }
  }
}
