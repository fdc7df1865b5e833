import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import type { Sink } from "../../src/core/sink.ts";
import { type FakeAction, type FakeBulkServer, type Fault } from "./fake-bulk-server.ts";
import { remove, write, type TestSink } from "./sink-context.ts";

/** What is done, drawn by chance. */
export interface Step {
  readonly kind: "write" | "poison" | "malformed" | "delete" | "pause";
  readonly index: "a" | "b" | "u";
  readonly id: string;
  /** How far its version lags behind its turn: a row of a snapshot. */
  readonly age: number;
  readonly size: number;
}

/** An action that the sink took, by its ordinal. */
export interface Taken extends Step {
  readonly key: string;
  readonly version: bigint;
}

const FIRST_TURN = 100;
const POISON = { status: 400, type: "document_parsing_exception" };

/** Actions of all kinds on few documents, with pauses in which the sink may send. */
export const steps = fc.array(
  fc.record<Step>({
    kind: fc.oneof(
      { weight: 10, arbitrary: fc.constant("write" as const) },
      { weight: 3, arbitrary: fc.constant("delete" as const) },
      { weight: 1, arbitrary: fc.constantFrom("poison" as const, "malformed" as const) },
      { weight: 3, arbitrary: fc.constant("pause" as const) },
    ),
    index: fc.constantFrom("a" as const, "b" as const, "u" as const),
    id: fc.constantFrom("1", "2", "3", "4", "5", "6"),
    age: fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.nat({ max: 20 }) },
    ),
    size: fc.oneof(
      { weight: 20, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constant(40_000) },
    ),
  }),
  { maxLength: 120 },
);

const answer = (status: number, body = "{}"): Fault => ({ kind: "answer", status, body });

/** How the first requests fare. */
export const faults = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Fault>(
        answer(429),
        answer(503),
        answer(200, "<html>"),
        answer(200, '{"errors":true,"items":[]}'),
        answer(413),
        { kind: "drop", applied: false },
        { kind: "drop", applied: true },
        { kind: "cut" },
      ),
    },
    {
      weight: 3,
      arbitrary: fc.nat().map((bits): Fault => ({
        kind: "items",
        fault: (_action, i) =>
          ((bits >> (i % 31)) & 1) === 1
            ? { status: 429, type: "es_rejected_execution_exception" }
            : null,
      })),
    },
  ),
  { maxLength: 30 },
);

/** Fails as drawn, and refuses poison and large requests always. */
export function misbehave(server: FakeBulkServer, drawn: readonly (Fault | null)[]): void {
  const left = [...drawn];
  server.onBulk = ({ bytes, actions }) => {
    if (bytes > 50_000 && actions.length > 1) return answer(413);
    const first = left.shift() ?? null;
    // an action alone is not too large, and fares as without a fault
    const isTooLarge = first?.kind === "answer" && first.status === 413;
    const next = isTooLarge && actions.length === 1 ? null : first;
    if (next !== null && next.kind !== "items") return next;
    return {
      kind: "items",
      fault: (action, i) => next?.fault(action, i) ?? (isPoison(action) ? POISON : null),
    };
  };
}

const isPoison = ({ source }: FakeAction): boolean => source?.["poison"] === true;

/** Has the sink take one action, and notes it. */
export async function take(sink: Sink, taken: Taken[], step: Step): Promise<void> {
  const target = sink.target({ index: step.index, write: step.index === "u" ? "merge" : "whole" });
  const turn = taken.length + FIRST_TURN;
  const version = BigInt(Math.max(1, turn - step.age)) << 20n;
  const { id } = step;
  const key = `${step.index}/${id}`;
  // Entered before it is taken: `closed` may be announced at once.
  taken.push({ ...step, version, key });
  if (step.kind === "delete") return remove(sink, target, { id, version });
  const document = { turn, [`field${turn % 3}`]: turn, text: "x".repeat(step.size) };
  if (step.kind === "poison") Object.assign(document, { poison: true });
  const text = JSON.stringify(document);
  return write(sink, target, {
    id,
    version,
    document: step.kind === "malformed" ? `${text}\n` : text,
  });
}

/** What there is at the end of a run. */
interface Outcome extends Pick<TestSink, "letters"> {
  readonly server: FakeBulkServer;
}

/** What is wrong unless every action below `closed` has had its effect at the server, or it or what replaced it in its batch has a letter. */
export function findEarlyCloses(sink: Sink, taken: readonly Taken[], outcome: Outcome): string[] {
  return taken.slice(0, sink.closed).flatMap((action) => {
    const stored = outcome.server.documents.get(action.key);
    if (action.index === "u") {
      return action.kind === "write" && stored === undefined ? [`${action.key} is not there`] : [];
    }
    const hasLetter = outcome.letters.some(
      ({ index, id, version }) =>
        `${index}/${id}` === action.key && BigInt(version ?? 0) >= action.version,
    );
    if (hasLetter || (stored !== undefined && stored.version >= action.version)) return [];
    return [`${action.key} has version ${stored?.version}, not ${action.version}`];
  });
}

/** What is wrong with the documents at the end: by version where there is one, in order where there is none. */
export function findWrongDocuments(taken: readonly Taken[], outcome: Outcome): string[] {
  const { server, letters } = outcome;
  const wrong: string[] = [];
  const expected = new Map<string, Record<string, unknown> | null>();
  const versions = new Map<string, bigint>();
  for (const [ordinal, action] of taken.entries()) {
    const { key, kind, version } = action;
    const turn = ordinal + FIRST_TURN;
    const isBad = kind === "poison" || kind === "malformed";
    if (action.index === "u") {
      if (isBad) continue;
      const document = { ...expected.get(key), turn, [`field${turn % 3}`]: turn };
      expected.set(key, kind === "delete" ? null : document);
      continue;
    }
    if (version < (versions.get(key) ?? 0n)) continue;
    versions.set(key, version);
    expected.delete(key);
    if (!isBad) {
      expected.set(key, kind === "delete" ? null : { turn, [`field${turn % 3}`]: turn });
      continue;
    }
    // What it replaced in its batch is gone, what was sent before stays: no document to expect, but a letter.
    const isReplaced = taken.some(
      (one, i) => i > ordinal && one.key === key && one.version >= version,
    );
    const isKept = letters.some(
      (one) => `${one.index}/${one.id}` === key && one.version === String(version),
    );
    if (!isReplaced && !isKept) wrong.push(`${key} has no letter`);
  }
  for (const [key, document] of expected) {
    const source = server.documents.get(key)?.source ?? null;
    const found = source === null ? null : { ...source, text: undefined };
    if (!isDeepStrictEqual(found, document === null ? null : { ...document, text: undefined })) {
      wrong.push(`${key} is ${JSON.stringify(found)}, not ${JSON.stringify(document)}`);
    }
  }
  return wrong;
}
