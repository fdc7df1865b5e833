/** JSON documents with a place in them changed; nothing is changed in place. */
import type { JsonValue } from "../../core/sql-value.ts";
import { jsonObject } from "./document.ts";
import { placeOf, seek, type JsonPath, type PathLeg } from "./path.ts";

/** What becomes of a value that a path leads to; undefined = it goes. */
type Change = (value: JsonValue) => JsonValue | undefined;

/** A value that is made when it is needed: what is not put into the document is not evaluated. */
type Lazy = () => JsonValue;

/** Replaces what the path leads to, without wildcards; where it leads nowhere the document is what it was. Items of what is no array are that itself. */
function change(value: JsonValue, path: JsonPath, to: Change): JsonValue | undefined {
  const [leg, ...rest] = path;
  if (leg === undefined) return to(value);
  if (leg.kind === "member") {
    const member = value.kind === "object" ? value.members.get(leg.name) : undefined;
    if (member === undefined || value.kind !== "object") return value;
    const changed = change(member, rest, to);
    if (changed === member) return value;
    const members = new Map(value.members);
    if (changed === undefined) members.delete(leg.name);
    else members.set(leg.name, changed);
    return { kind: "object", members };
  }
  if (leg.kind !== "cell") return value;
  if (value.kind !== "array") return placeOf(leg.index, 1) === 0 ? change(value, rest, to) : value;
  const place = placeOf(leg.index, value.items.length);
  const item = value.items[place];
  if (item === undefined) return value;
  const changed = change(item, rest, to);
  if (changed === item) return value;
  return {
    kind: "array",
    items:
      changed === undefined ? value.items.toSpliced(place, 1) : value.items.with(place, changed),
  };
}

function edited(
  document: JsonValue,
  path: JsonPath,
  to: (value: JsonValue) => JsonValue,
): JsonValue {
  return change(document, path, to) ?? document;
}

/** JSON_REPLACE. */
export function replaceAt(document: JsonValue, path: JsonPath, value: Lazy): JsonValue {
  return edited(document, path, value);
}

/** JSON_INSERT: adds a member, or an item at an end of an array; what is no array becomes one. */
export function insertAt(document: JsonValue, path: JsonPath, value: Lazy): JsonValue {
  const leg = path.at(-1);
  if (leg === undefined || seek(document, path).length > 0) return document;
  return edited(document, path.slice(0, -1), (parent) => withAdded(parent, leg, value));
}

/** JSON_SET. */
export function setAt(document: JsonValue, path: JsonPath, value: Lazy): JsonValue {
  return seek(document, path).length > 0
    ? replaceAt(document, path, value)
    : insertAt(document, path, value);
}

/** JSON_REMOVE, of a path that is not `$`. */
export function removeAt(document: JsonValue, path: JsonPath): JsonValue {
  return change(document, path, () => undefined) ?? document;
}

/** JSON_ARRAY_APPEND. */
export function appendAt(document: JsonValue, path: JsonPath, value: Lazy): JsonValue {
  return edited(document, path, (target) => ({
    kind: "array",
    items: [...itemsOf(target), value()],
  }));
}

/** JSON_ARRAY_INSERT; the path ends with a cell. */
export function arrayInsertAt(document: JsonValue, path: JsonPath, value: Lazy): JsonValue {
  const leg = path.at(-1);
  return edited(document, path.slice(0, -1), (parent) => {
    if (parent.kind !== "array" || leg?.kind !== "cell") return parent;
    const { length } = parent.items;
    const place = Math.max(0, Math.min(length, placeOf(leg.index, length)));
    return { kind: "array", items: parent.items.toSpliced(place, 0, value()) };
  });
}

/** JSON_MERGE_PRESERVE of two. */
export function mergePreserve(a: JsonValue, b: JsonValue): JsonValue {
  if (a.kind === "object" && b.kind === "object") {
    const members = new Map(a.members);
    for (const [name, member] of b.members) {
      const own = members.get(name);
      members.set(name, own === undefined ? member : mergePreserve(own, member));
    }
    return jsonObject(members);
  }
  return { kind: "array", items: [...itemsOf(a), ...itemsOf(b)] };
}

/** JSON_MERGE_PATCH of two (RFC 7396). */
export function mergePatch(target: JsonValue, patch: JsonValue): JsonValue {
  if (patch.kind !== "object") return patch;
  const members = new Map(target.kind === "object" ? target.members : []);
  for (const [name, member] of patch.members) {
    if (member.kind === "null") members.delete(name);
    else members.set(name, mergePatch(members.get(name) ?? { kind: "null" }, member));
  }
  return jsonObject(members);
}

function withAdded(parent: JsonValue, leg: PathLeg, value: Lazy): JsonValue {
  if (leg.kind === "member") {
    return parent.kind === "object"
      ? jsonObject([...parent.members, [leg.name, value()] as const])
      : parent;
  }
  if (leg.kind !== "cell") return parent;
  const items = itemsOf(parent);
  return {
    kind: "array",
    items: leg.index.from === "last" ? [value(), ...items] : [...items, value()],
  };
}

function itemsOf(value: JsonValue): readonly JsonValue[] {
  return value.kind === "array" ? value.items : [value];
}
