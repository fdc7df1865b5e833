import { isDeepStrictEqual } from "node:util";
import { asTailraceError, TailraceError } from "../core/errors.ts";
import { reasonOf, type JsonAnswer, type JsonClient } from "../core/json-client.ts";
import type { RebuildState, RebuildStore } from "../core/rebuild.ts";
import { parseRebuild } from "./parse-rebuild.ts";
import { conditionOf, StateDocument, type StoredDocument } from "./state-index.ts";

/** Where the document of a rebuild is. */
export interface RebuildIndexOptions {
  /** Stays the caller's. */
  readonly client: JsonClient;
  readonly index: string;
  readonly pipeline: string;
  /** The index as rules name it. */
  readonly name: string;
}

interface RebuildDocument {
  readonly pipeline: string;
  readonly saved_at: string;
  readonly rebuild: RebuildState;
}

/**
 * The state of a rebuild as a document of an index. Each save states which version of the document it replaces, so of two processes the one that loaded earlier is
 * refused with STATE_FOREIGN. One whose answer was lost knows its own document again.
 */
export function openRebuildIndex({
  client,
  index,
  pipeline,
  name,
}: RebuildIndexOptions): RebuildStore {
  const id = `rebuild:${pipeline}:${name}`;
  const document = new StateDocument<RebuildDocument>({ client, index, id });
  const { place } = document;
  let replaces: string | null = null;
  /** Of writes that may have happened: their answers were lost. */
  let unsure: RebuildDocument[] = [];
  const write = async (source: RebuildDocument): Promise<JsonAnswer> => {
    replaces ??= conditionOf(await document.read());
    const answer = await document.write(source, replaces);
    if (answer.status !== 409 || unsure.length === 0) return answer;
    const stored = await document.read();
    const isOwn = unsure.some((each) => isDeepStrictEqual(stored?._source, each));
    return isOwn ? document.write(source, conditionOf(stored)) : answer;
  };
  return {
    load: async () => {
      const stored = await document.read();
      replaces = conditionOf(stored);
      return stored === null ? null : parseRebuild(stored._source.rebuild, place);
    },
    save: async (state) => {
      const source = { pipeline, saved_at: state.savedAt, rebuild: state };
      try {
        const answer = await write(source);
        if (answer.status === 409)
          throw new TailraceError("STATE_FOREIGN", `${place} was written by another process`);
        if (answer.status >= 300) throw new Error(`HTTP ${answer.status}${reasonOf(answer.body)}`);
        replaces = conditionOf(answer.body as StoredDocument<unknown>);
        unsure = [];
      } catch (error) {
        if (error instanceof TailraceError && error.disposition === "fatal") throw error;
        unsure.push(source);
        const { message } = asTailraceError(error);
        throw new TailraceError("STATE_UNWRITABLE", `${place}: ${message}`, { cause: error });
      }
    },
    remove: async () => {
      await document.remove();
      replaces = null;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
