import type { DirectConfig } from "../../config/config.ts";
import type { Clock } from "../../core/clock.ts";
import { asTailraceError, TailraceError } from "../../core/errors.ts";
import { ServerIdClaim } from "../../mysql/server-id-claim.ts";
import { openCheckpointFile } from "../../state/checkpoint-file.ts";
import { connectionOptions } from "../source.ts";

/** How long another holder of the server id is waited for, s. */
const PATIENCE_S = 2;

/**
 * Makes sure that nothing streams a direct pipeline's documents until the result is closed: its server id on the source is claimed, as a run does, and its checkpoint's file locked, if it is one. Throws
 * SNAPSHOT_UNVERSIONED when somebody streams, SOURCE_*, STATE_*.
 */
export async function claimStream(config: DirectConfig, clock: Clock): Promise<AsyncDisposable> {
  await using resources = new AsyncDisposableStack();
  const { source, state, name: pipeline } = config;
  try {
    if (state.type === "file")
      resources.use(await openCheckpointFile({ folder: state.path, pipeline }));
    const claim = resources.use(
      new ServerIdClaim({
        connection: connectionOptions(source),
        serverId: source.serverId,
        clock,
        patienceS: PATIENCE_S,
      }),
    );
    await claim.hold();
    return resources.move();
  } catch (cause) {
    const error = asTailraceError(cause);
    if (error.code !== "STATE_FOREIGN" && error.code !== "SOURCE_SERVER_ID_TAKEN") throw error;
    throw new TailraceError("SNAPSHOT_UNVERSIONED", `${pipeline} is running: ${error.message}`, {
      cause: error,
    });
  }
}
