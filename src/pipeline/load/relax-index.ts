import { TailraceError } from "../../core/errors.ts";
import { reasonOf, type JsonAnswer, type JsonClient } from "../../core/json-client.ts";
import type { Logger } from "../../core/logger.ts";
import { namesByRequest } from "../../sink/index-meta.ts";

/**
 * Switches refreshes and replicas of new indices off while they are loaded, and on again. A load calls
 *
 *     await relaxer.begin(indices)   before its first chunk: notes which of them do not exist yet, or were left relaxed by an earlier life
 *     await relaxer.relax()          when a chunk was written: those of them that exist by now are relaxed; free when nothing is left to do
 *     await relaxer.end(indices)     when the load has ended, however: what was relaxed is as before, and refreshed
 *
 * What is to be put back is written into the index's own `_meta` before anything is changed, so whoever comes next can do it: see {@link restoreIndices}. Names with `*`, whose indices rows fill
 * in, and aliases are left alone. Every method throws BULK_*.
 */
export interface IndexRelaxer {
  begin(indices: readonly string[]): Promise<void>;
  relax(): Promise<void>;
  end(indices: readonly string[]): Promise<void>;
}

/** What an index is without refreshes and replicas. */
const RELAXED = { "index.refresh_interval": "-1", "index.number_of_replicas": "0" };

/** The settings that are put back; null = the default. */
interface Before {
  readonly refresh_interval: string | null;
  /** Absent: they follow the number of nodes, and were left alone. */
  readonly number_of_replicas?: string;
}

interface FoundIndex {
  readonly settings?: {
    readonly index?: {
      readonly refresh_interval?: string;
      readonly number_of_replicas?: string;
      readonly auto_expand_replicas?: string;
    };
  };
  readonly mappings?: { readonly _meta?: Meta };
}

interface Meta {
  readonly tailrace_relaxed?: Before;
}

/** Opens a relaxer. Several loads may share it: an index is put back when the last of those that began it ends. */
export function createIndexRelaxer(
  client: JsonClient,
  logger: Pick<Logger, "info" | "warn">,
): IndexRelaxer {
  /** How many loads have begun, by index. */
  const users = new Map<string, number>();
  const absent = new Set<string>();
  const relaxed = new Set<string>();
  return {
    begin: async (indices) => {
      const names = indices.filter(isName);
      for (const name of names) users.set(name, (users.get(name) ?? 0) + 1);
      const found = await findIndices(client, names);
      for (const name of names) {
        const index = found.get(name);
        if (index === undefined && !(await exists(client, name))) absent.add(name);
        // of an earlier life
        if (index?.mappings?._meta?.tailrace_relaxed !== undefined) relaxed.add(name);
      }
    },
    relax: async () => {
      if (absent.size === 0) return;
      for (const [name, index] of await findIndices(client, [...absent])) {
        absent.delete(name);
        relaxed.add(name);
        await relaxIndex(client, name, index);
        logger.info({ index: name }, "no refreshes and replicas while the index is loaded");
      }
    },
    end: async (indices) => {
      for (const name of indices.filter(isName)) {
        const left = (users.get(name) ?? 0) - 1;
        if (left > 0) users.set(name, left);
        else users.delete(name);
        if (left > 0) continue;
        absent.delete(name);
        if (relaxed.delete(name)) await restoreIndices(client, [name], logger);
      }
    },
  };
}

/**
 * Puts the settings of indices back that a load has relaxed and not put back, whoever did it: a load that still runs in another process only becomes slower. Every start calls it with the indices that it may
 * create, `*` included, less those that loads of its own go on with. Throws BULK_*.
 */
export async function restoreIndices(
  client: JsonClient,
  indices: readonly string[],
  logger: Pick<Logger, "info">,
): Promise<void> {
  for (const [name, index] of await findIndices(client, indices)) {
    const before = index.mappings?._meta?.tailrace_relaxed;
    if (before === undefined) continue;
    const path = `/${encodeURIComponent(name)}`;
    const settings = Object.fromEntries(
      Object.entries(before).map(([key, value]) => [`index.${key}`, value]),
    );
    require200(name, await client.request("PUT", `${path}/_settings`, settings));
    await changeMeta(client, name, (meta) => ({ ...meta, tailrace_relaxed: undefined }));
    require200(name, await client.request("POST", `${path}/_refresh`));
    logger.info(
      { index: name, ...before },
      "the index is loaded: refreshes and replicas as before",
    );
  }
}

async function relaxIndex(client: JsonClient, name: string, { settings, mappings }: FoundIndex) {
  if (mappings?._meta?.tailrace_relaxed === undefined) {
    const { refresh_interval, number_of_replicas, auto_expand_replicas } = settings?.index ?? {};
    const isExpanding = auto_expand_replicas !== undefined && auto_expand_replicas !== "false";
    const before: Before = {
      refresh_interval: refresh_interval ?? null,
      ...(!isExpanding && number_of_replicas !== undefined && { number_of_replicas }),
    };
    await changeMeta(client, name, (meta) => ({ ...meta, tailrace_relaxed: before }));
  }
  const noted = (await findIndices(client, [name])).get(name)?.mappings?._meta?.tailrace_relaxed;
  // another process may have put its own `_meta` over ours: then it stays as it is
  if (noted === undefined) return;
  const { "index.number_of_replicas": replicas, ...refresh } = RELAXED;
  const change = {
    ...refresh,
    ...(noted.number_of_replicas !== undefined && { "index.number_of_replicas": replicas }),
  };
  require200(name, await client.request("PUT", `/${encodeURIComponent(name)}/_settings`, change));
}

/** `_meta` is replaced as a whole. */
async function changeMeta(
  client: JsonClient,
  name: string,
  change: (meta: Meta) => object,
): Promise<void> {
  const meta = (await findIndices(client, [name])).get(name)?.mappings?._meta ?? {};
  const path = `/${encodeURIComponent(name)}/_mapping`;
  require200(name, await client.request("PUT", path, { _meta: change(meta) }));
}

/** The indices, by their own names: what an alias points to is not found under the alias. */
async function findIndices(
  client: JsonClient,
  indices: readonly string[],
): Promise<ReadonlyMap<string, FoundIndex>> {
  const found = new Map<string, FoundIndex>();
  for (const names of namesByRequest(indices)) {
    const answer = await client.request(
      "GET",
      `/${names}?ignore_unavailable=true&allow_no_indices=true&filter_path=*.settings.index.refresh_interval,*.settings.index.*replicas,*.mappings._meta,*.settings.index.uuid`,
    );
    if (answer.status === 404) continue;
    require200(names, answer);
    for (const [name, index] of Object.entries(answer.body as Record<string, FoundIndex>))
      found.set(name, index);
  }
  return found;
}

/** Is there an alias of this name? */
async function exists(client: JsonClient, name: string): Promise<boolean> {
  const answer = await client.request("HEAD", `/${encodeURIComponent(name)}`);
  return answer.status !== 404;
}

function isName(index: string): boolean {
  return !index.includes("*");
}

function require200(index: string, answer: JsonAnswer): void {
  if (answer.status < 300) return;
  throw new TailraceError(
    "BULK_INDEX_UNUSABLE",
    `index ${index}: HTTP ${answer.status}${reasonOf(answer.body)}`,
  );
}
