import { stringArgument, bytesArgument } from "./merge.ts";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { FunctionTable, SqlFunction } from "../functions.ts";
import { toCount } from "../numeric/convert.ts";
import { asciiText } from "./characters.ts";
import { one } from "./concat.ts";
import { applyBound, applyStrings, maxLength } from "./strings.ts";

const BASE64_COLUMNS = 76;

/** Digests and encodings of a string's bytes. */
export const DIGEST_FUNCTIONS: FunctionTable = {
  md5: digestFunction("md5", 32),
  sha: digestFunction("sha1", 40),
  sha1: digestFunction("sha1", 40),
  sha2: {
    arity: [2, 2],
    compile([text, bits], call) {
      const args = [bytesArgument(text!, call.scope), toCount(bits!, call.scope)];
      return applyBound(args, call, { type: asciiText(128), mayBeNull: true }, sha2);
    },
  },
  crc32: {
    arity: [1, 1],
    compile([text], call) {
      const type = { kind: "integer", isUnsigned: true, isSmall: true, digits: 10 } as const;
      return applyBound([bytesArgument(text!, call.scope)], call, { type }, crc32OfBytes);
    },
  },
  to_base64: {
    arity: [1, 1],
    compile([text], call) {
      const bytes = bytesArgument(text!, call.scope);
      const digits = Math.ceil(maxLength(bytes) / 3) * 4;
      const type = asciiText(digits + Math.floor(digits / BASE64_COLUMNS));
      return applyBound([bytes], call, { type }, toBase64);
    },
  },
  from_base64: {
    arity: [1, 1],
    compile([text], call) {
      const string = stringArgument(text!, call.scope);
      const maxBytes = Math.ceil(maxLength(string) / 4) * 3;
      const type = { kind: "bytes", maxBytes, coercibility: 4 } as const;
      const result = { type, mayBeNull: true };
      return applyStrings(one(string), [], call, { result, run: fromBase64 });
    },
  },
};

function digestFunction(algorithm: "md5" | "sha1", digits: number): SqlFunction {
  const digest = (bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest("hex");
  return {
    arity: [1, 1],
    compile: ([text], call) =>
      applyBound([bytesArgument(text!, call.scope)], call, { type: asciiText(digits) }, digest),
  };
}

/** 0 bits mean 256; NULL for numbers that name no digest. */
function sha2(bytes: Uint8Array, bits: number): string | null {
  switch (bits) {
    case 0:
    case 224:
    case 256:
    case 384:
    case 512:
      return createHash(`sha${bits === 0 ? 256 : bits}`)
        .update(bytes)
        .digest("hex");
    default:
      return null;
  }
}

function crc32OfBytes(bytes: Uint8Array): number {
  return crc32(bytes);
}

/** In lines of 76 characters. */
function toBase64(bytes: Uint8Array): string {
  const digits = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  return (digits.match(/.{1,76}/g) ?? []).join("\n");
}

/** White space may stand anywhere; null where it is no base64 with its padding. */
function fromBase64(text: string): Uint8Array | null {
  const digits = text.replaceAll(/[\t-\r ]/g, "");
  const isWhole = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(digits);
  return isWhole ? Buffer.from(digits, "base64") : null;
}
