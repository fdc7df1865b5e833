/** Removes the servers in the folders named on the command line. Started by reaper.ts when their owner has ended. */
import { removeServer } from "./remove-server.ts";
import { readState } from "./state.ts";

for (const directory of process.argv.slice(2)) {
  const state = await readState(directory);
  if (state !== null) await removeServer(state);
}
