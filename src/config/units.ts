const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SIZE_UNITS_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** A duration such as `200ms`, `5s`, `1.5m`, `2h` or `1d` in whole milliseconds; null when it is none. */
export function parseDuration(text: string): number | null {
  return parseQuantity(text, DURATION_UNITS_MS);
}

/** A size such as `512B`, `64KiB`, `4MiB` or `10MB` in whole bytes; null when it is none. */
export function parseSize(text: string): number | null {
  return parseQuantity(text, SIZE_UNITS_BYTES);
}

/** A moment such as `2026-11-23T10:00:00Z` or `2026-11-23 11:00:00.5+01:00` in ms since 1970; null when it is none or has no time zone. */
export function parseTime(text: string): number | null {
  const form = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/i;
  const ms = form.test(text) ? Date.parse(text.toUpperCase().replace(" ", "T")) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** As {@link parseTime}, or how long before `nowMs`: `-15m`. */
export function parseMoment(text: string, nowMs: number): number | null {
  if (!text.startsWith("-")) return parseTime(text);
  const ago = parseDuration(text.slice(1));
  return ago === null ? null : nowMs - ago;
}

/** Milliseconds as {@link parseDuration} reads them, in the largest unit that divides them. */
export function formatDuration(ms: number): string {
  return formatQuantity(ms, ["d", "h", "m", "s", "ms"], DURATION_UNITS_MS);
}

/** Bytes as {@link parseSize} reads them, in the largest binary unit that divides them. */
export function formatSize(bytes: number): string {
  return formatQuantity(bytes, ["GiB", "MiB", "KiB", "B"], SIZE_UNITS_BYTES);
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text);
  const unit = Object.hasOwn(units, match?.[2] ?? "") ? units[match?.[2] ?? ""] : undefined;
  if (match?.[1] === undefined || unit === undefined) return null;
  const value = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(value) ? value : null;
}

function formatQuantity(
  value: number,
  order: readonly string[],
  units: Readonly<Record<string, number>>,
): string {
  const unit = order.find((name) => value % (units[name] ?? 1) === 0 && value > 0);
  if (unit === undefined) return `${value}${order.at(-1) ?? ""}`;
  return `${value / (units[unit] ?? 1)}${unit}`;
}
