import { constantOf } from "../constant.ts";
import type { Call, FunctionTable, SqlFunction } from "../functions.ts";
import { testOf, toInteger } from "../numeric/convert.ts";
import { TRUTH, type SqlType } from "../sql-type.ts";
import { RowError, type Typed } from "../typed.ts";
import { asciiText } from "./characters.ts";
import { one } from "./concat.ts";
import { toStringValue } from "./convert.ts";
import { formatIpv6, parseIpv4, parseIpv6 } from "./ip-address.ts";
import { applyBound, applyStrings } from "./strings.ts";

/** ER_WRONG_VALUE_FOR_TYPE. */
const WRONG_VALUE = 1411;
const UNSIGNED = { kind: "integer", isUnsigned: true, isSmall: true, digits: 20 } as const;

/** Functions of internet addresses and UUIDs. */
export const ADDRESS_FUNCTIONS: FunctionTable = {
  inet_aton: ofString(UNSIGNED, inetAton),
  inet_ntoa: {
    arity: [1, 1],
    compile: ([number], call) =>
      applyBound(
        [toInteger(number!, call.scope)],
        call,
        { type: asciiText(31), mayBeNull: true },
        inetNtoa,
      ),
  },
  inet6_aton: ofString({ kind: "bytes", maxBytes: 16, coercibility: 4 }, (text) => {
    const bytes = parseIpv4(text) ?? parseIpv6(text);
    return bytes === null ? null : Uint8Array.from(bytes);
  }),
  inet6_ntoa: ofBytes(asciiText(78), (bytes) => {
    if (bytes.length === 4) return bytes.join(".");
    return bytes.length === 16 ? formatIpv6(bytes) : null;
  }),
  is_ipv4: isAddress(parseIpv4),
  is_ipv6: isAddress(parseIpv6),
  is_ipv4_compat: ofBytes(TRUTH, (bytes) => isIpv4Within(bytes, 0), 0),
  is_ipv4_mapped: ofBytes(TRUTH, (bytes) => isIpv4Within(bytes, 0xffff), 0),
  is_uuid: ofString(TRUTH, (text) => (uuidDigits(text) === null ? 0 : 1)),
  uuid_to_bin: {
    arity: [1, 2],
    compile([text, swap], call) {
      const string = toStringValue(text!, call.scope);
      const type = { kind: "bytes", maxBytes: 16, coercibility: 4 } as const;
      const strings = applyStrings(one(string), [], call, { result: { type }, run: uuidToBin });
      return { ...swapped(strings, swap, { call, type, run: swapTimes }), raises: RAISES };
    },
  },
  bin_to_uuid: {
    arity: [1, 2],
    compile([bytes, swap], call) {
      const binary = toStringValue(bytes!, call.scope);
      const args =
        binary.type.kind === "bytes" ? binary : call.scope.refuse(call.at, "bin_to_uuid of a text");
      const type = asciiText(36);
      const uuid = applyBound([args], call, { type }, binToUuid);
      return { ...swapped(uuid, swap, { call, type, run: swapGroups }), raises: RAISES };
    },
  },
};

const RAISES = "uuid_to_bin and bin_to_uuid are error 1411 for what is no UUID";

function ofString(
  type: SqlType,
  run: (text: string) => Uint8Array | string | number | null,
): SqlFunction {
  return {
    arity: [1, 1],
    compile([text], call) {
      const string = toStringValue(text!, call.scope);
      return applyStrings(one(string), [], call, { result: { type, mayBeNull: true }, run });
    },
  };
}

/** A number is no address, not even NULL. */
function isAddress(parse: (text: string) => unknown): SqlFunction {
  const test = ofString(TRUTH, (text) => (parse(text) === null ? 0 : 1));
  return {
    arity: [1, 1],
    compile(args, call) {
      return isNumber(args[0]!)
        ? constantOf(TRUTH, 0, call.at, call.scope)
        : test.compile(args, call);
    },
  };
}

/** Of a binary string; of other strings NULL, or the value that is given. */
function ofBytes(
  type: SqlType,
  run: (bytes: Uint8Array) => string | number | null,
  otherwise: number | null = null,
): SqlFunction {
  return {
    arity: [1, 1],
    compile([bytes], call) {
      const string = toStringValue(bytes!, call.scope);
      if (otherwise !== null && isNumber(bytes!))
        return constantOf(type, otherwise, call.at, call.scope);
      const called = string.type.kind === "bytes" ? run : () => otherwise;
      return applyBound([string], call, { type, mayBeNull: true }, called);
    },
  };
}

function isNumber({ type }: Typed): boolean {
  return type.kind === "integer" || type.kind === "decimal" || type.kind === "double";
}

function inetAton(text: string): number | null {
  let number = 0;
  let byte = 0;
  let dots = 0;
  let last = ".";
  for (last of text) {
    if (last === ".") {
      dots++;
      number = number * 256 + byte;
      byte = 0;
    } else if (last >= "0" && last <= "9") {
      byte = byte * 10 + Number(last);
      if (byte > 255) return null;
    } else return null;
  }
  if (last === "." || dots > 3) return null;
  if (dots === 1 || dots === 2) number *= 256 ** (3 - dots);
  return number * 256 + byte;
}

function inetNtoa(number: number | bigint): string | null {
  const value = BigInt(number);
  if (value < 0n || value > 0xffffffffn) return null;
  const address = Number(value);
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join(".");
}

/** Is it an address of IPv6 that stands for one of IPv4: ten zeros, then this word? */
function isIpv4Within(bytes: Uint8Array, word: number): number {
  if (bytes.length !== 16) return 0;
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return 0;
  if (((bytes[10] ?? 0) << 8) + (bytes[11] ?? 0) !== word) return 0;
  // ::0 and ::1 are addresses of their own
  const isOwn = word === 0 && bytes[12] === 0 && bytes[13] === 0 && bytes[14] === 0;
  return isOwn && (bytes[15] ?? 0) <= 1 ? 0 : 1;
}

const UUID =
  /^(?:[\da-f]{32}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|\{[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\})$/i;

function uuidDigits(text: string): string | null {
  return UUID.test(text) ? text.replaceAll(/[{}-]/g, "") : null;
}

function uuidToBin(text: string): Uint8Array {
  const digits = uuidDigits(text);
  if (digits === null) throw new RowError(WRONG_VALUE, "Incorrect string value for uuid_to_bin");
  return Buffer.from(digits, "hex");
}

function binToUuid(bytes: Uint8Array): string {
  if (bytes.length !== 16) {
    throw new RowError(WRONG_VALUE, "Incorrect string value for bin_to_uuid");
  }
  const digits = Buffer.from(bytes).toString("hex");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The time's low part behind its high one, so that UUIDs grow with time. */
function swapTimes(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([
    bytes.subarray(6, 8),
    bytes.subarray(4, 6),
    bytes.subarray(0, 4),
    bytes.subarray(8),
  ]);
}

function swapGroups(uuid: string): string {
  const digits = uuid.replaceAll("-", "");
  const swap = `${digits.slice(8, 16)}${digits.slice(4, 8)}${digits.slice(0, 4)}${digits.slice(16)}`;
  return binToUuid(Buffer.from(swap, "hex"));
}

interface Swap {
  readonly call: Call;
  readonly type: SqlType;
  readonly run: (value: never) => unknown;
}

/** The value, or if the second argument is TRUE what `run` makes of it. */
function swapped(value: Typed, swap: Typed | undefined, { call, type, run }: Swap): Typed {
  if (swap === undefined) return value;
  const { scope, at } = call;
  const name = scope.temporary();
  const other = `${scope.bind(run)}(${name})`;
  const source = `((${name} = ${value.source}) === null || !${testOf(swap, scope)} ? ${name} : ${other})`;
  return { type, isNullable: value.isNullable, source, at };
}
