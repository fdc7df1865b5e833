import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";

const COMPILE_CACHE = new URL("../../node_modules/.cache/bench", import.meta.url).pathname;
/** So long a child may take to end, ms. */
const GRACE_MS = 30_000;

/** A script of the benchmarks in a process of its own, which reports by messages. */
export interface Child<Message extends { readonly kind: string }> extends AsyncDisposable {
  readonly pid: number;
  /** The first message of this kind, also one that has already come. Rejects when the process ends before it. */
  next<Kind extends Message["kind"]>(kind: Kind): Promise<Extract<Message, { kind: Kind }>>;
  /** Sends it a message. */
  tell(message: object): void;
}

/**
 * Starts `bench/support/SCRIPT` with `options` as its only argument (JSON). Its standard error is ours. `BENCH_NODE_OPTIONS` adds
 * options of Node ("--cpu-prof"). It loads its code from Node's compile cache, so that no type stripper lies in its memory, as in the
 * compiled package. Disposing of it disconnects it, upon which it ends, and waits.
 */
export function startChild<Message extends { readonly kind: string }>(
  script: string,
  options: object,
): Child<Message> {
  const path = new URL(script, import.meta.url).pathname;
  const child = fork(path, [JSON.stringify(options)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
    execArgv: (process.env["BENCH_NODE_OPTIONS"] ?? "").split(" ").filter(Boolean),
  });
  const inbox = new Inbox<Message>(child, script);
  return {
    pid: child.pid ?? 0,
    next: (kind) => inbox.next(kind),
    tell: (message) => {
      child.send(message);
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      if (child.connected) child.disconnect();
      const late = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
      await once(child, "exit");
      clearTimeout(late);
    },
  };
}

class Inbox<Message extends { readonly kind: string }> {
  readonly #messages: Message[] = [];
  #waiting: { kind: string; resolve: (message: Message) => void; reject: (e: Error) => void }[] =
    [];
  #end: Error | undefined;

  constructor(child: ChildProcess, script: string) {
    child.on("message", (message) => this.#deliver(message as Message));
    child.on("error", (error) => this.#fail(error));
    // not at its exit: its last messages may still be on their way
    child.on("close", (code, signal) =>
      this.#fail(new Error(`${script} ended with ${signal ?? `exit code ${code}`}`)),
    );
  }

  async next<Kind extends Message["kind"]>(kind: Kind): Promise<Extract<Message, { kind: Kind }>> {
    const at = this.#messages.findIndex((message) => message.kind === kind);
    if (at >= 0) return this.#messages.splice(at, 1)[0] as Extract<Message, { kind: Kind }>;
    if (this.#end !== undefined) throw this.#end;
    const message = await new Promise<Message>((resolve, reject) => {
      this.#waiting.push({ kind, resolve, reject });
    });
    return message as Extract<Message, { kind: Kind }>;
  }

  #deliver(message: Message): void {
    const at = this.#waiting.findIndex(({ kind }) => kind === message.kind);
    if (at < 0) this.#messages.push(message);
    else this.#waiting.splice(at, 1)[0]?.resolve(message);
  }

  #fail(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting = [];
  }
}

/** In the child: the options that it was started with; the script knows their type. */
export function childOptions(): unknown {
  return JSON.parse(process.argv[2] ?? "{}");
}

/** What was told last is written; a large message takes longer than the call. */
let told: Promise<void> = Promise.resolve();

/** In the child: sends the parent a message, if it still listens. */
export function tellParent(message: object): void {
  if (!process.connected) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  told = promise;
  process.send?.(message, undefined, undefined, () => resolve());
}

/** In the child: there is nothing more to tell, so that the process may end when all of it is written. */
export function leaveParent(): void {
  void told.then(() => {
    if (process.connected) process.disconnect();
  });
}
