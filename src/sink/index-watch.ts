import { namesByRequest } from "./index-meta.ts";
import { requestJson, type HttpChannel } from "./client.ts";

/**
 * Notices that an index is no longer the one that was prepared. A cluster that creates indices on first write (the default) answers a
 * bulk request to a deleted index with success: a new index has guessed its mapping, and all older documents are gone.
 */
export class IndexWatch {
  readonly #channel: HttpChannel;
  /** The index's own uuid by its name. */
  readonly #known = new Map<string, string>();

  constructor(channel: HttpChannel) {
    this.#channel = channel;
  }

  /**
   * Notes the indices under these names and returns the names that meant another index when they were last noted. Aliases are passed
   * over: what they point to may change on purpose. So are failures, since this is only a look.
   */
  async look(names: readonly string[]): Promise<string[]> {
    const options = "ignore_unavailable=true&filter_path=*.settings.index.uuid";
    const found: Record<string, IndexSettings> = {};
    try {
      for (const list of namesByRequest(names)) {
        const answer = await requestJson(this.#channel, "GET", `/${list}/_settings?${options}`);
        if (answer.status === 200) Object.assign(found, answer.body);
      }
    } catch {
      return [];
    }
    return names.filter((name) => {
      const uuid = found[name]?.settings?.index?.uuid;
      const known = this.#known.get(name);
      if (uuid !== undefined) this.#known.set(name, uuid);
      return uuid !== undefined && known !== undefined && known !== uuid;
    });
  }

  /** The next index of this name is a new one on purpose. */
  forget(name: string): void {
    this.#known.delete(name);
  }
}

interface IndexSettings {
  readonly settings?: { readonly index?: { readonly uuid?: string } };
}
