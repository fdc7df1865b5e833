import { readFileSync } from "node:fs";

/** A moment in a process's life: wall clock and CPU time of all its threads. */
export interface UsageMark {
  /** ms since 1970, with fractions. */
  readonly atMs: number;
  /** User and system CPU time since the process began, µs. */
  readonly cpuUs: number;
}

/** This process, now. */
export function markUsage(): UsageMark {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return { atMs: preciseNow(), cpuUs: userCPUTime + systemCPUTime };
}

/** ms since 1970 with a resolution of microseconds. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * The most memory that this process has held so far, MiB: VmHWM of /proc/PID/status. What getrusage says is no substitute where that is
 * there: on Linux it begins with the memory of the process that started this one.
 */
export function peakMemoryMb(): number {
  return readStatusMb("self", "VmHWM") ?? process.resourceUsage().maxRSS / 1024;
}

/** Clock ticks of /proc/PID/stat, µs: 1/100 s wherever Linux runs Node. */
const TICK_US = 10_000;

/** CPU time of another process so far, user and system, µs; null where there is no /proc or no such process. */
export function processCpuUs(pid: number): number | null {
  try {
    // behind the name, which may hold anything: state is field 3, utime 14, stime 15
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_US;
  } catch {
    return null;
  }
}

/** Memory of a process at one moment. */
export interface MemorySample {
  readonly atMs: number;
  readonly rssMb: number;
}

/** Watches a process's memory (VmRSS of /proc/PID/status) until it is disposed of. Takes no samples where there is no /proc. */
export class MemoryWatch implements Disposable {
  readonly samples: MemorySample[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number, everyMs = 100) {
    const take = (): void => {
      const rssMb = readStatusMb(pid, "VmRSS");
      if (rssMb !== null) this.samples.push({ atMs: preciseNow(), rssMb });
    };
    take();
    this.#timer = setInterval(take, everyMs);
  }

  /** The most that was seen between two moments, MiB. */
  peakMb(fromMs = 0, toMs = Infinity): number {
    const inside = this.samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
    return Math.max(0, ...inside.map(({ rssMb }) => rssMb));
  }

  /** At most `count` of the samples, evenly spread, as [seconds since the first, MiB]. */
  curve(count = 200): [number, number][] {
    const first = this.samples[0]?.atMs ?? 0;
    const step = Math.max(1, Math.ceil(this.samples.length / count));
    return this.samples
      .filter((_, i) => i % step === 0)
      .map(({ atMs, rssMb }) => [Math.round((atMs - first) / 10) / 100, Math.round(rssMb)]);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function readStatusMb(pid: number | "self", field: "VmRSS" | "VmHWM"): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1];
    return kib === undefined ? null : Number(kib) / 1024;
  } catch {
    return null;
  }
}
