import { asTailraceError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { requestJson, type HttpChannel } from "./client.ts";

const CHECK = "disk";

interface Disk {
  readonly name: string;
  readonly total: number;
  readonly available: number;
}

/** How full a disk may be: beyond `high` the cluster moves shards away, beyond `flood` indices become read-only. */
interface Watermarks {
  readonly high: Watermark;
  readonly flood: Watermark;
}

interface Watermark {
  /** Used space as a percentage or ratio, or free space in bytes: `90%`, `0.9`, `50gb`. */
  readonly limit: string;
  /** Free space that is enough in any case, in bytes, where the server has it (since 8.5). */
  readonly headroom?: string | undefined;
}

/** Is there room on the data nodes' disks? Needs the cluster privilege `monitor`. */
export async function checkDisk(channel: HttpChannel): Promise<Finding> {
  try {
    const watermarks = await readWatermarks(channel);
    if (watermarks === null) {
      return { severity: "ok", check: CHECK, message: "the cluster does not watch its disks" };
    }
    return judgeDisks(await readDisks(channel), watermarks);
  } catch (error) {
    const { message } = asTailraceError(error);
    const remedy = "Grant the cluster privilege monitor to have it checked.";
    return { severity: "warning", check: CHECK, message: `not checked: ${message}`, remedy };
  }
}

/** The finding about the fullest disk. */
export function judgeDisks(disks: readonly Disk[], { high, flood }: Watermarks): Finding {
  const [fullest] = disks.toSorted((a, b) => share(b) - share(a));
  if (fullest === undefined) {
    return { severity: "ok", check: CHECK, message: "no node reports a disk" };
  }
  const message = `node ${fullest.name} has used ${Math.round(share(fullest) * 100)} % of its disk`;
  const remedy = "Free or add disk space; see cluster.routing.allocation.disk.watermark.";
  if (isBeyond(fullest, flood)) {
    const consequence = `${message}, beyond the flood stage ${flood.limit}: indices are read-only`;
    return { severity: "error", check: CHECK, message: consequence, remedy };
  }
  if (!isBeyond(fullest, high)) return { severity: "ok", check: CHECK, message };
  return {
    severity: "warning",
    check: CHECK,
    message: `${message}, beyond the high watermark ${high.limit}`,
    remedy,
  };
}

function share({ total, available }: Disk): number {
  return total === 0 ? 0 : (total - available) / total;
}

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 2 ** 10,
  mb: 2 ** 20,
  gb: 2 ** 30,
  tb: 2 ** 40,
  pb: 2 ** 50,
};

function isBeyond(disk: Disk, { limit, headroom }: Watermark): boolean {
  const wantedFree = parseBytes(limit);
  if (wantedFree !== null) return disk.available < wantedFree;
  const ratio = limit.endsWith("%") ? Number.parseFloat(limit) / 100 : Number(limit);
  const enough = parseBytes(headroom ?? "") ?? Infinity;
  return disk.available < Math.min(disk.total * (1 - ratio), enough);
}

function parseBytes(text: string): number | null {
  const match = /^([\d.]+)\s*([kmgtp]?b)$/i.exec(text);
  return match === null ? null : Number(match[1]) * UNITS[match[2]!.toLowerCase()]!;
}

/** Null when the check is switched off in the cluster. */
async function readWatermarks(channel: HttpChannel): Promise<Watermarks | null> {
  const path =
    "/_cluster/settings?include_defaults=true&filter_path=*.cluster.routing.allocation.disk";
  const { body } = await requestJson(channel, "GET", path);
  const { transient, persistent, defaults } = (body ?? {}) as Readonly<Record<string, Settings>>;
  const found = [defaults, persistent, transient].map(
    (level) => level?.cluster?.routing.allocation.disk,
  );
  if (
    found.findLast((disk) => disk?.threshold_enabled !== undefined)?.threshold_enabled === "false"
  ) {
    return null;
  }
  const settings: Readonly<Record<string, string | undefined>> = Object.assign(
    {},
    ...found.map((disk) => disk?.watermark),
  );
  return {
    high: { limit: settings["high"] ?? "90%", headroom: settings["high.max_headroom"] },
    flood: {
      limit: settings["flood_stage"] ?? "95%",
      headroom: settings["flood_stage.max_headroom"],
    },
  };
}

interface DiskSettings {
  readonly threshold_enabled?: string;
  readonly watermark?: Readonly<Record<string, string>>;
}

interface Settings {
  readonly cluster?: { readonly routing: { readonly allocation: { readonly disk: DiskSettings } } };
}

interface NodeStats {
  readonly name: string;
  readonly roles?: readonly string[];
  readonly fs?: {
    readonly total?: { readonly total_in_bytes: number; readonly available_in_bytes: number };
  };
}

async function readDisks(channel: HttpChannel): Promise<Disk[]> {
  const path = "/_nodes/stats/fs?filter_path=nodes.*.name,nodes.*.roles,nodes.*.fs.total";
  const { body } = await requestJson(channel, "GET", path);
  const { nodes = {} } = body as { nodes?: Readonly<Record<string, NodeStats>> };
  return Object.values(nodes).flatMap(({ name, roles, fs }) => {
    const holdsData = roles?.some((role) => role.startsWith("data")) ?? true;
    if (!holdsData || fs?.total === undefined) return [];
    return [{ name, total: fs.total.total_in_bytes, available: fs.total.available_in_bytes }];
  });
}
