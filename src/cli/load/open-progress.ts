import { systemClock } from "../../core/clock.ts";
import type { Logger } from "../../core/logger.ts";
import type { PipelineConfig } from "../../config/config.ts";
import { createLogger } from "../../observe/logger.ts";
import type { CliContext } from "../context.ts";
import { ProgressDisplay, type ProgressView } from "./show-progress.ts";

/** A command's progress in the terminal, with its log above. Disposing it takes the bars away. */
export interface OpenProgress extends AsyncDisposable {
  readonly logger: Logger;
  /** Prints something else, above the bars. */
  print(text: string): void;
  /** Begins to show; to be called once. */
  show(view: ProgressView): void;
}

/** Opens what shows how far a command is with a pipeline; with `json` as objects. */
export function openProgress(
  config: Pick<PipelineConfig, "name" | "log">,
  { context, json = false }: { readonly context: CliContext; readonly json?: boolean | undefined },
): OpenProgress {
  const ended = new AbortController();
  const display = new ProgressDisplay({ context, json, clock: systemClock, signal: ended.signal });
  const print = (text: string): void => display.print(text);
  const logger = createLogger({
    ...config.log,
    fields: { pipeline: config.name },
    ...(context.terminal !== undefined && { write: print }),
  });
  let showing: Promise<void> | undefined;
  return {
    logger,
    print,
    show: (view) => {
      showing = display.run(view);
    },
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await showing;
    },
  };
}
