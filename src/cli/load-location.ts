import type { PipelineConfig } from "../config/config.ts";
import { parseTexts, selectPart, type PipelinePart } from "../config/load.ts";
import { readLocalCopy } from "../config/local-copy.ts";
import { openConfigSource } from "../config/sources/open.ts";
import type { ConfigSnapshot, ConfigSource } from "../config/sources/source.ts";
import { asTailraceError } from "../core/errors.ts";
import type { CliContext } from "./context.ts";

/** What commands say of the argument that names a configuration. */
export const CONFIG_ARGUMENT =
  "configuration: a file (.toml or .json), a folder, env:NAME, or the URL of a config centre";

/** Reads and checks the configuration at a location. Throws CONFIG_*, without the location's secrets. */
export async function loadLocation(
  location: string,
  context: CliContext,
  part?: PipelinePart,
): Promise<readonly PipelineConfig[]> {
  await using source = await openConfigSource(location, { env: context.env });
  const { texts } = await source.read();
  return parseTexts(texts, { env: context.env, part });
}

/** How a configuration is opened that stays in use. */
export interface OpenConfigFlags {
  readonly part?: PipelinePart | undefined;
  /** Where a copy is kept of what a centre gives. */
  readonly configCopy?: string | undefined;
  /** Begin with the copy when the centre is away. */
  readonly allowCopy?: true | undefined;
}

/** A configuration that was read, and the source to follow. */
export interface OpenConfig extends AsyncDisposable {
  readonly source: ConfigSource;
  readonly snapshot: ConfigSnapshot;
  /** Why the snapshot is the local copy; null when it is the source's own. */
  readonly copied: Error | null;
  /** All pipelines of a snapshot. Throws CONFIG_*. */
  readonly load: (snapshot: ConfigSnapshot) => readonly PipelineConfig[];
  /** Those that are to run. Throws CONFIG_INVALID when there is no such part. */
  readonly select: (all: readonly PipelineConfig[]) => readonly PipelineConfig[];
}

/** Opens and reads a configuration. Throws CONFIG_*. */
export async function openConfig(
  location: string,
  flags: OpenConfigFlags,
  context: CliContext,
): Promise<OpenConfig> {
  await using stack = new AsyncDisposableStack();
  const source = stack.use(await openConfigSource(location, { env: context.env }));
  let copied: Error | null = null;
  const snapshot = await source.read().catch((error: unknown) => {
    const known = asTailraceError(error);
    const { configCopy, allowCopy } = flags;
    const mayCopy = known.code === "CONFIG_CENTRE_UNAVAILABLE" && allowCopy === true;
    if (!mayCopy || configCopy === undefined) throw known;
    copied = known;
    return readLocalCopy(configCopy, source.name);
  });
  const held = stack.move();
  return {
    source,
    snapshot,
    copied,
    load: ({ texts }) => parseTexts(texts, { env: context.env }),
    select: (all) => selectPart(all, flags.part, source.name),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
