import { z } from "zod";
import { textKey } from "./schema-values.ts";

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/;

/** `host:port` taken apart; null when it is none. */
export function parseListen(
  text: string,
): { readonly host: string; readonly port: number; readonly isLoopback: boolean } | null {
  const [, host, port] = /^(\[[0-9a-f:.]+\]|[^:[\]\s/]+):(\d{1,5})$/i.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) return null;
  return {
    host: host.replaceAll(/^\[|\]$/g, ""),
    port: Number(port),
    isLoopback: LOOPBACK.test(host),
  };
}

/** The section of the HTTP endpoints for operators. */
export const admin = z
  .strictObject({
    listen: textKey()
      .refine((text) => parseListen(text) !== null, {
        error: 'must be an address and a port, such as "127.0.0.1:9464"',
      })
      .meta({
        examples: ["127.0.0.1:9464"],
        description: "Address and port to listen on; port 0 takes a free one.",
      }),
    token: textKey()
      .optional()
      .meta({
        examples: ["${env:TAILRACE_ADMIN_TOKEN}"],
        description:
          "What requests must bring as `Authorization: Bearer …`, all but /livez and /readyz. Required unless `listen` is an address of this machine alone.",
      }),
  })
  .superRefine(({ listen, token }, context) => {
    const parsed = parseListen(listen);
    if (parsed === null || parsed.isLoopback || token !== undefined) return;
    context.addIssue({
      code: "custom",
      path: ["token"],
      message: "is required, because other machines can reach the address of `listen`",
    });
  })
  .optional()
  .meta({
    description:
      "HTTP for operators: /livez, /readyz, /status, /metrics, POST /reload, and POST /load, /load/pause, /load/resume, /load/cancel. Absent: none.",
  });
