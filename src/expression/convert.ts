/**
 * Conversions between types as MySQL makes them implicitly; every function takes any type and refuses what has no such value. Each lives with the type that it
 * makes.
 */
export { toDecimal, toDouble, toInteger, toTruth } from "./numeric/convert.ts";
export { toText, toBytes } from "./text/convert.ts";
export { toDate, toDatetime, toTime } from "./temporal/convert.ts";
export { toJson } from "./json/convert.ts";
