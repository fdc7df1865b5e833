import { TailraceError } from "../../core/errors.ts";
import { reasonOf, type JsonAnswer, type JsonClient } from "../../core/json-client.ts";

/** An alias of an index, as `_alias` tells it and `_aliases` takes it: filter, routing, is_write_index. */
export type AliasProperties = Readonly<Record<string, unknown>>;

/** What stands behind the name of an index. */
export interface ServedIndex {
  /** The index itself. */
  readonly index: string;
  /** Is the name an alias of it, or its own? */
  readonly isAlias: boolean;
  /** All aliases of the index by name. */
  readonly aliases: Readonly<Record<string, AliasProperties>>;
}

interface Resolved {
  readonly indices?: readonly { readonly name: string }[];
  readonly aliases?: readonly { readonly name: string; readonly indices: readonly string[] }[];
  readonly data_streams?: readonly { readonly name: string }[];
}

/** The index that is read and written under a name; null when there is none. Throws REBUILD_IMPOSSIBLE when it is not one index, and BULK_*. */
export async function readServedIndex(
  client: JsonClient,
  name: string,
): Promise<ServedIndex | null> {
  const path = `/_resolve/index/${encodeURIComponent(name)}`;
  const answer = await client.request("GET", path);
  if (answer.status === 404) return null;
  const {
    indices = [],
    aliases = [],
    data_streams: streams = [],
  } = bodyOf(answer, path) as Resolved;
  if (streams.some((stream) => stream.name === name)) throw impossible(`${name} is a data stream`);
  const behind = aliases.find((alias) => alias.name === name)?.indices;
  if (behind === undefined && !indices.some((each) => each.name === name)) return null;
  const [index = name, ...more] = [behind ?? [name]].flat();
  if (more.length > 0)
    throw impossible(
      `${name} is an alias of several indices, ${index}, ${more.join(", ")}: documents could be in any of them`,
    );
  return { index, isAlias: behind !== undefined, aliases: await readAliases(client, index) };
}

/** Does the index exist? Throws BULK_*. */
export async function hasIndex(client: JsonClient, index: string): Promise<boolean> {
  const answer = await client.request("HEAD", `/${encodeURIComponent(index)}`);
  return answer.status === 200;
}

async function readAliases(
  client: JsonClient,
  index: string,
): Promise<Readonly<Record<string, AliasProperties>>> {
  const path = `/${encodeURIComponent(index)}/_alias`;
  const answer = await client.request("GET", path);
  const body = bodyOf(answer, path) as Readonly<
    Record<string, { readonly aliases?: Record<string, AliasProperties> }>
  >;
  return body[index]?.aliases ?? {};
}

/** The body of an answer that must be a success. Throws BULK_INDEX_UNUSABLE with the server's reason. */
export function bodyOf(answer: JsonAnswer, what: string): unknown {
  if (answer.status < 300) return answer.body;
  throw new TailraceError(
    "BULK_INDEX_UNUSABLE",
    `${what}: HTTP ${answer.status}${reasonOf(answer.body)}`,
  );
}

/** The error that says why an index cannot be built anew. */
export function impossible(why: string): TailraceError {
  return new TailraceError("REBUILD_IMPOSSIBLE", why);
}
