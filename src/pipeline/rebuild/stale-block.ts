import type { Clock } from "../../core/clock.ts";
import { asTailraceError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { parseRule } from "../../query/rule.ts";
import { indexPattern } from "../../rules/place.ts";
import { openJsonClient } from "../../sink/client.ts";
import { peekRebuild } from "./context.ts";
import type { DocumentConfig } from "./derive-config.ts";
import { isWriteBlocked, unblockWrites } from "./write-block.ts";

/**
 * Takes write blocks away that a rebuild left behind when its process was killed, once their time is over: a pipeline that starts would wait for them for ever. A cluster or a state that
 * cannot be read now says so when the pipeline opens it.
 */
export async function releaseStaleBlocks(
  config: DocumentConfig,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  await using client = openJsonClient(config.sink);
  const names = new Set(config.rules.map((rule) => indexPattern(parseRule(rule).index)));
  for (const name of names) {
    if (name.includes("*")) continue;
    try {
      const state = await peekRebuild(config, name, client);
      if (state?.phase !== "swapping") continue;
      if (Date.parse(state.blockedUntil ?? "") > clock.now()) continue;
      if (!(await isWriteBlocked(client, state.oldIndex))) continue;
      await unblockWrites(client, state.oldIndex);
      logger.warn(
        { index: state.oldIndex },
        "took a write block away that an interrupted rebuild had left; go on with it by tailrace rebuild, or undo it with --rollback",
      );
    } catch (error) {
      const known = asTailraceError(error);
      logger.debug({ err: known, index: name }, "no look at rebuilds");
      if (known.disposition === "retry") return;
    }
  }
}
