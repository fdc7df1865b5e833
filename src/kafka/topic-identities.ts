import { TailraceError } from "../core/errors.ts";
import type { TopicMetadata } from "./metadata.ts";

/** Which topics were meant by their names when they were first seen: ids change when a topic is deleted and made anew. */
export class TopicIdentities {
  readonly #ids = new Map<string, string>();
  readonly #names = new Map<string, string>();

  /** Takes note of topics. Throws KAFKA_TOPIC_RECREATED when one is not what it was. */
  note(topics: Iterable<Pick<TopicMetadata, "name" | "id">>): void {
    for (const { name, id } of topics) {
      const known = this.#ids.get(name);
      if (known !== undefined && known !== id) {
        throw new TailraceError(
          "KAFKA_TOPIC_RECREATED",
          `topic ${name} has the id ${id} and had ${known} when this run began`,
        );
      }
      this.#ids.set(name, id);
      this.#names.set(id, name);
    }
  }

  id(name: string): string | undefined {
    return this.#ids.get(name);
  }

  name(id: string): string | undefined {
    return this.#names.get(id);
  }
}
