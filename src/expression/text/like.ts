import { applyTest } from "../apply.ts";
import type { Call, FunctionTable } from "../functions.ts";
import type { Typed } from "../typed.ts";
import { collatorOf } from "./compare.ts";
import { createLike } from "./like-pattern.ts";
import { mergeStrings } from "./merge.ts";
import { charactersOfBytes } from "./strings.ts";

const DEFAULT_ESCAPE = "\\";

/** LIKE: character by character as the collation compares them, so that spaces at the end count and `ss` is not `ß`. */
export const LIKE_FUNCTIONS: FunctionTable = {
  like: {
    arity: [2, 3],
    compile([text, pattern, escape], call) {
      const character = escape === undefined ? DEFAULT_ESCAPE : escapeCharacter(escape, call);
      const merged = mergeStrings([text!, pattern!], call, "comparison");
      const { args } = merged;
      if (merged.kind === "bytes") {
        const like = createLike((a, b) => a === b, character);
        const matches = (subject: Uint8Array, wild: Uint8Array): boolean =>
          like(charactersOfBytes(subject), charactersOfBytes(wild));
        return applyTest(args, call, (a, b) => `${call.scope.bind(matches)}(${a}, ${b})`);
      }
      const collator = collatorOf(merged.collation, call.at, call.scope);
      const like = createLike(collator.matches, character);
      return applyTest(args, call, (a, b) => `${call.scope.bind(like)}(${a}, ${b})`);
    },
  },
};

function escapeCharacter(escape: Typed, { scope }: Call): string {
  const value = escape.constant?.value;
  if (value === null) return DEFAULT_ESCAPE;
  if (typeof value !== "string" || Array.from(value).length > 1) {
    return scope.refuse(escape.at, "ESCAPE needs a literal of one character");
  }
  if (value === "%" || value === "_") scope.refuse(escape.at, `ESCAPE ${value}`);
  // of an empty one MySQL has the character with the number 0
  return value === "" ? "\0" : value;
}
