/**
 * Bytes that arrive in chunks, pulled by one consumer. When nobody pulls, the sender is made to wait (TCP), so that at most a few chunks
 * are held. A chunk belongs to the consumer until it asks for the next one.
 */
export interface ByteSource extends AsyncDisposable {
  /** A chunk that is already here, or null: then await `wait()`. */
  read(): Buffer | null;
  /** Resolves true when a chunk is here, false when the connection has ended. Rejects with a SOURCE_* TailraceError. */
  wait(): Promise<boolean>;
}
