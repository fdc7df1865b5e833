/** A place in a configuration: table keys and array indices from the root. */
export type KeyPath = readonly (string | number)[];

/** The path as people write it: `rules[1].fields.rename."odd name"`. */
export function formatPath(path: KeyPath): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else {
      if (text !== "") text += ".";
      text += /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
    }
  }
  return text;
}

/** The value at the path, or undefined. */
export function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}
