import { createRandom, type Random } from "../../support/random.ts";

/** What is done to a document, as `tailrace verify` should name it. */
export type DamageKind = "missing" | "extra" | "different" | "stale";

/** A document that was damaged. */
export interface Damage {
  readonly kind: DamageKind;
  readonly index: string;
  readonly id: string;
}

/** An index whose documents are damaged. */
export interface DamagedIndex {
  readonly index: string;
  /** A field that every document has, as a text. */
  readonly field: string;
}

const KINDS: readonly DamageKind[] = ["missing", "extra", "different", "stale"];
const PAGE = 10_000;

interface Hit {
  readonly _id: string;
  readonly _source: Readonly<Record<string, unknown>>;
}

/** Damages so many documents, in all ways, an equal share of each: as somebody would who writes to the indices by hand. */
export async function damageDocuments(
  elasticsearch: URL,
  indices: readonly DamagedIndex[],
  options: { readonly count: number; readonly seed: number },
): Promise<readonly Damage[]> {
  const random = createRandom(options.seed, "damage");
  const post = async (path: string, body: string): Promise<unknown> => {
    const response = await fetch(new URL(path, elasticsearch), {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body,
    });
    if (!response.ok) throw new Error(`${path} answered ${await response.text()}`);
    return await response.json();
  };
  const share = Math.floor(options.count / indices.length);
  const damages: Damage[] = [];
  const lines: string[] = [];
  for (const { index, field } of indices) {
    await post(`${index}/_refresh`, "");
    const search = JSON.stringify({ size: PAGE, query: { exists: { field } } });
    const found = (await post(`${index}/_search`, search)) as { hits: { hits: Hit[] } };
    for (const [i, hit] of pickSome(found.hits.hits, share, random).entries()) {
      const kind = KINDS[i % KINDS.length]!;
      const id = kind === "extra" ? `by hand ${i}` : hit._id;
      damages.push({ kind, index, id });
      lines.push(...damageLines({ kind, index, id }, hit._source, field));
    }
  }
  const answer = (await post("_bulk?refresh=true", `${lines.join("\n")}\n`)) as {
    readonly errors: boolean;
  };
  if (answer.errors)
    throw new Error(`Documents cannot be damaged: ${JSON.stringify(answer).slice(0, 500)}`);
  return damages;
}

function damageLines(
  { kind, index: _index, id: _id }: Damage,
  source: Hit["_source"],
  field: string,
): string[] {
  if (kind === "missing") return [JSON.stringify({ delete: { _index, _id } })];
  const head = JSON.stringify({ index: { _index, _id } });
  const { [field]: _, ...others } = source;
  if (kind === "different") return [head, JSON.stringify(others)];
  return [head, JSON.stringify({ ...source, [field]: "as it was some time ago" })];
}

function pickSome(hits: readonly Hit[], count: number, random: Random): readonly Hit[] {
  if (hits.length < count) throw new Error(`Only ${hits.length} documents to be damaged`);
  const rest = [...hits];
  return Array.from(
    { length: count },
    () => rest.splice(random.integer(0, rest.length - 1), 1)[0]!,
  );
}
