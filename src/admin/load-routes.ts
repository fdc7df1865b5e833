import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { TailraceError } from "../core/errors.ts";
import { print, sendError } from "./send.ts";

/** Which loads are meant; without anything all of them. */
interface Choice {
  readonly table?: string | undefined;
  readonly rule?: string | undefined;
}

/** What can be done with loads of tables. */
export interface AdminLoads {
  start(request: Choice & { readonly where?: string | undefined }): Promise<readonly object[]>;
  /** These resolve with how many loads that were. */
  pause(choice: Choice): Promise<number>;
  resume(choice: Choice): Promise<number>;
  cancel(choice: Choice): Promise<number>;
}

const CHOICE = z.strictObject({ table: z.string().optional(), rule: z.string().optional() });
const REQUEST = CHOICE.extend({ where: z.string().optional() });

/** Conditions may be long. */
const BODY_LIMIT = 64 * 1024;

/**
 * Adds POST /load (202 with the loads that are under way now; 400 for a table, rule or condition that is none, with the server's answer; 409 when a table is being loaded with another condition), and
 * POST /load/pause, /load/resume and /load/cancel (200 with how many loads that were). Bodies are JSON objects with `table` and `rule`, for /load `where`, or empty. 404 where nothing is loaded in the
 * process, 503 when the source is away.
 */
export function addLoads(server: FastifyInstance, find: () => AdminLoads | undefined): void {
  const add = <T extends Choice>(
    path: string,
    body: z.ZodType<T>,
    act: (loads: AdminLoads, request: T) => Promise<readonly [status: number, answer: object]>,
  ): void => {
    server.post(path, { bodyLimit: BODY_LIMIT }, async (request, reply) => {
      const loads = find();
      const parsed = body.safeParse(request.body ?? {});
      try {
        if (loads === undefined) {
          await reply.code(404).send({ error: "no tables are loaded by this process" });
        } else if (parsed.success) {
          const [status, answer] = await act(loads, parsed.data);
          await reply.code(status).type("application/json").send(print(answer));
        } else {
          throw new TailraceError("CONFIG_INVALID", `the body: ${z.prettifyError(parsed.error)}`);
        }
      } catch (error) {
        await sendError(reply, error, statusOf);
      }
    });
  };
  add("/load", REQUEST, async (loads, request) => [202, { loads: await loads.start(request) }]);
  add("/load/pause", CHOICE, async (loads, choice) => [200, { paused: await loads.pause(choice) }]);
  add("/load/resume", CHOICE, async (loads, choice) => [
    200,
    { resumed: await loads.resume(choice) },
  ]);
  add("/load/cancel", CHOICE, async (loads, choice) => [
    200,
    { cancelled: await loads.cancel(choice) },
  ]);
}

function statusOf({ code, disposition }: TailraceError): number {
  if (code === "SNAPSHOT_UNDER_WAY") return 409;
  if (code === "INVARIANT_BROKEN") return 500;
  return disposition === "retry" ? 503 : 400;
}
