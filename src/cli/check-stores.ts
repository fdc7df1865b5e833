import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { dirname } from "node:path";
import type { PipelineConfig } from "../config/config.ts";
import type { Finding } from "../core/finding.ts";
import type { TargetSpec } from "../core/sink.ts";

/** Whether the folders of the checkpoint and the dead letters can be written; they are not created. */
export async function checkStoreFolders(
  config: Pick<PipelineConfig, "state" | "deadLetters">,
): Promise<readonly Finding[]> {
  const folders = new Set([config.state, config.deadLetters].flatMap(folderOf));
  return Promise.all([...folders].map(checkFolder));
}

/** The indices that take the checkpoint and the dead letters, to be checked like those of the rules. */
export function storeSpecs(
  config: Pick<PipelineConfig, "state" | "deadLetters">,
): readonly TargetSpec[] {
  const indices = [config.state, config.deadLetters].flatMap((store) =>
    store.type === "elasticsearch" ? [store.index] : [],
  );
  return indices.map((index) => ({
    target: { index, write: "whole" },
    fields: [],
    create: true,
    dynamic: "false",
  }));
}

function folderOf(store: PipelineConfig["state"]): readonly string[] {
  return store.type === "file" ? [store.path] : [];
}

async function checkFolder(folder: string): Promise<Finding> {
  const check = `folder ${folder}`;
  const existing = await nearestExisting(folder);
  try {
    // The slash: a file of that name is no folder, even where root may do everything.
    await access(`${existing}/`, constants.W_OK | constants.X_OK);
    const message =
      existing === folder ? "can be written" : "does not exist yet and will be created";
    return { severity: "ok", check, message };
  } catch {
    return {
      severity: "error",
      check,
      message: `${existing} is no folder that this user may write`,
      remedy:
        'Mend its permissions, set the path in [state], or keep the state in an index (type = "elasticsearch").',
    };
  }
}

/** The folder itself or the nearest one above it that is there. */
async function nearestExisting(folder: string): Promise<string> {
  try {
    await access(folder, constants.F_OK);
    return folder;
  } catch {
    const parent = dirname(folder);
    return parent === folder ? folder : nearestExisting(parent);
  }
}
