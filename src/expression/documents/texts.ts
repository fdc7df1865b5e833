/** Helpers that make texts: what must not be seen, and what stands for it. */
import { createHash } from "node:crypto";
import { applyStrict } from "../apply.ts";
import { toBytes, toText } from "../convert.ts";
import type { FunctionTable } from "../functions.ts";
import { sessionText } from "../sql-type.ts";
import { constantCount, constantText } from "./constant-arguments.ts";

/** Hex digits of SHA-256. */
const SHA256_DIGITS = 64;

/** `mask` and `sha256`. */
export const TEXT_HELPERS: FunctionTable = {
  /** `mask(card, 0, 4)` is `************1234`: all characters but so many at either end are replaced; a text with no more characters than are kept is replaced whole. */
  mask: {
    arity: [3, 4],
    compile(args, call) {
      const left = constantCount(args[1]!, call, "the number of characters kept on the left");
      const right = constantCount(args[2]!, call, "the number of characters kept on the right");
      const sign = args[3] === undefined ? "*" : constantText(args[3], call, "the character");
      const text = toText(args[0]!, call.scope);
      const maxCharacters = text.type.kind === "text" ? text.type.maxCharacters : SHA256_DIGITS;
      if (Array.from(sign).length !== 1) call.scope.refuse(call.at, "mask with one character");
      const helper = call.scope.bind((value: string) => maskText(value, left, right, sign));
      return applyStrict(
        [text],
        call,
        { type: sessionText(maxCharacters) },
        (name) => `${helper}(${name})`,
      );
    },
  },
  /** The hexadecimal SHA-256 of a binary string's bytes, or of a text's in UTF-8. */
  sha256: {
    arity: [1, 1],
    compile(args, call) {
      const argument = args[0]!;
      const value = argument.type.kind === "bytes" ? argument : toText(argument, call.scope);
      const helper = call.scope.bind(sha256);
      return applyStrict(
        [
          value.type.kind === "bytes" || value.type.kind === "text"
            ? value
            : toBytes(value, call.scope),
        ],
        call,
        { type: sessionText(SHA256_DIGITS) },
        (name) => `${helper}(${name})`,
      );
    },
  },
};

/** With `left` and `right` characters kept. */
function maskText(text: string, left: number, right: number, sign: string): string {
  const characters = Array.from(text);
  const kept = left + right;
  if (characters.length <= kept) return sign.repeat(characters.length);
  const hidden = sign.repeat(characters.length - kept);
  const end = characters.length - right;
  return `${characters.slice(0, left).join("")}${hidden}${characters.slice(end).join("")}`;
}

function sha256(value: string | Uint8Array): string {
  return createHash("sha256").update(value).digest("hex");
}
