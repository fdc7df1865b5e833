import type { FastifyReply } from "fastify";
import { asTailraceError, type TailraceError } from "../core/errors.ts";
import { hideUrlPasswords } from "../core/redact.ts";
import { describeError } from "../observe/describe-error.ts";

/** An answer's body: JSON without passwords. */
export function print(body: object): string {
  return `${hideUrlPasswords(JSON.stringify(body))}\n`;
}

/** Answers with an error, under the HTTP status that it has. */
export async function sendError(
  reply: FastifyReply,
  error: unknown,
  statusOf: (error: TailraceError) => number,
): Promise<void> {
  const known = asTailraceError(error);
  const { stack: _stack, ...description } = describeError(known);
  await reply
    .code(statusOf(known))
    .type("application/json")
    .send(print({ error: description }));
}
