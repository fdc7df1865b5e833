import type { Call } from "../functions.ts";
import type { Typed } from "../typed.ts";

/** The text of an argument that must be written as a literal; refuses anything else. `what` names it in the message. */
export function constantText(argument: Typed, call: Call, what: string): string {
  const value = argument.constant?.value;
  return typeof value === "string"
    ? value
    : call.scope.refuse(argument.at, `${what} must be written as a text`);
}

/** The number of an argument that must be written as a literal, a whole number from 0; refuses anything else. */
export function constantCount(argument: Typed, call: Call, what: string): number {
  const value = argument.constant?.value;
  return typeof value === "number" && Number.isInteger(value) && value >= 0
    ? value
    : call.scope.refuse(argument.at, `${what} must be written as a whole number from 0`);
}
