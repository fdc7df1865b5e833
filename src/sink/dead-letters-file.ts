import { mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { DeadLetter, DeadLetterStore } from "../core/dead-letter.ts";
import { TailraceError } from "../core/errors.ts";

/** Dead letters appended to one file, a JSON object a line; flushed to disk before `store` resolves. The file appears with the first letter. */
export function openDeadLetterFile(path: string): DeadLetterStore {
  return new DeadLetterFile(path);
}

class DeadLetterFile implements DeadLetterStore {
  readonly #path: string;
  #file: Promise<FileHandle> | null = null;
  /** Stores run one after another, so that lines never mix. */
  #last: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  store(letters: readonly DeadLetter[]): Promise<void> {
    const stored = this.#last.then(() => this.#append(letters));
    this.#last = stored.catch(() => undefined);
    return stored;
  }

  async #append(letters: readonly DeadLetter[]): Promise<void> {
    try {
      this.#file ??= this.#open();
      const file = await this.#file;
      // a line that a crash cut off must not swallow the first of ours
      const { size } = await file.stat();
      const lines = letters.map((letter) => `${JSON.stringify(letter)}\n`).join("");
      await file.appendFile(
        size > 0 && !(await endsWithNewline(file, size)) ? `\n${lines}` : lines,
      );
      await file.sync();
    } catch (error) {
      await this.#close();
      throw new TailraceError(
        "STATE_DEAD_LETTERS_UNWRITABLE",
        `${this.#path}: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.#path), { recursive: true });
    return open(this.#path, "a+");
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.then(
      (handle) => handle.close(),
      () => undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    await this.#close();
  }
}

async function endsWithNewline(file: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}
