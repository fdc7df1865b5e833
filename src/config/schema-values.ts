import { z } from "zod";
import { parseTablePattern } from "../core/table-pattern.ts";
import { parseDuration, parseSize, parseTime } from "./units.ts";

/** A key that holds a duration with its unit; milliseconds after parsing. Bounds are in milliseconds. */
export function durationKey(bounds: { readonly minMs: number; readonly maxMs: number }) {
  return z
    .string({ error: 'must be a duration with its unit, such as "200ms", "5s" or "1m"' })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== null && ms >= bounds.minMs && ms <= bounds.maxMs) return ms;
      const message =
        ms === null
          ? 'must be a duration with its unit, such as "200ms", "5s" or "1m"'
          : `must be between ${bounds.minMs} and ${bounds.maxMs} ms`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    })
    .meta({ title: "duration" });
}

/** A key that holds a size, as bytes or with a unit; bytes after parsing. Bounds are in bytes. */
export function sizeKey(bounds: { readonly minBytes: number; readonly maxBytes: number }) {
  return z
    .union([z.int(), z.string()], { error: 'must be a size, such as "4MiB" or a number of bytes' })
    .transform((value, context) => {
      const bytes = typeof value === "number" ? value : parseSize(value);
      if (bytes !== null && bytes >= bounds.minBytes && bytes <= bounds.maxBytes) return bytes;
      const message =
        bytes === null
          ? 'must be a size, such as "4MiB" or a number of bytes'
          : `must be between ${bounds.minBytes} and ${bounds.maxBytes} bytes`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    })
    .meta({ title: "size" });
}

/** A key that holds a moment, as a TOML date or text; ms since 1970 after parsing. */
export function timeKey() {
  return z
    .unknown()
    .transform((value, context) => {
      // TOML's own dates tell by their text whether they have a time zone.
      const ms = parseTime(value instanceof Date ? value.toISOString() : String(value));
      if (ms !== null) return ms;
      context.addIssue({
        code: "custom",
        message: "must be a time with its zone, such as 2026-11-23T10:00:00Z",
      });
      return z.NEVER;
    })
    .meta({ title: "time" });
}

/** A key that names a Kafka topic, or topics by a pattern with `*`. */
export function topicKey({ isPattern = false }: { readonly isPattern?: boolean } = {}) {
  return textKey()
    .superRefine((name, context) => {
      const message = describeTopicNameProblem(isPattern ? name.replaceAll("*", "x") : name);
      if (message !== null) context.addIssue({ code: "custom", message });
    })
    .meta({ title: isPattern ? "topic" : "topic name" });
}

/** Why Kafka refuses a topic name, or null when it takes it. */
export function describeTopicNameProblem(name: string): string | null {
  const character = /[^A-Za-z0-9._-]/u.exec(name)?.[0];
  if (character !== undefined) return `must not contain ${JSON.stringify(character)}`;
  if (name === "." || name === "..") return `must not be "${name}"`;
  return name.length > 249 ? "must not be longer than 249 characters" : null;
}

/** A key that holds text which may not be empty. */
export function textKey() {
  return z.string().min(1, { error: "must not be empty" });
}

/** A key that names an Elasticsearch index; the rules are those of its create-index API. */
export function indexKey() {
  return textKey()
    .superRefine((name, context) => {
      const message = describeIndexNameProblem(name);
      if (message !== null) context.addIssue({ code: "custom", message });
    })
    .meta({ title: "index name" });
}

/** Why Elasticsearch refuses an index name, or null when it takes it. */
export function describeIndexNameProblem(name: string): string | null {
  if (name !== name.toLowerCase()) return `must be lower case: "${name.toLowerCase()}"`;
  const character = /[\\/*?"<>| ,#:\s]/.exec(name)?.[0];
  if (character !== undefined) return `must not contain ${JSON.stringify(character)}`;
  if (/^[-_+]/.test(name)) return `must not begin with "${name[0] ?? ""}"`;
  if (name === "." || name === "..") return `must not be "${name}"`;
  return Buffer.byteLength(name) > 255 ? "must not be longer than 255 bytes" : null;
}

/** A key that names a table or a pattern of tables; its canonical spelling after parsing. */
export function tableKey() {
  return textKey()
    .meta({ examples: ["shop.orders", "shop.order_#", "`my shop`.`odd.name`"] })
    .transform((text, context) => {
      try {
        return parseTablePattern(text).text;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        context.addIssue({ code: "custom", message });
        return z.NEVER;
      }
    })
    .meta({ title: "table or pattern" });
}
