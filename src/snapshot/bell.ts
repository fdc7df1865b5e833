/** Wakes everyone who waits for something to have changed. */
export class Bell {
  #next = Promise.withResolvers<void>();

  /** Resolves at the next ring. */
  wait(): Promise<void> {
    return this.#next.promise;
  }

  ring(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }
}
