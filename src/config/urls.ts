/** What a URL of a server says, decoded; absent parts are absent. */
export interface ServerUrl {
  /** Scheme, host and port. */
  readonly origin: string;
  /** The path without its final slash, so mostly empty. */
  readonly path: string;
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
}

/** What a URL may be. */
export interface UrlShape {
  /** Accepted schemes with their colon: `mysql:`. */
  readonly schemes: readonly string[];
  readonly allowPath: boolean;
}

/** Reads a server's URL, or says what is wrong with it without quoting it: it may hold a password. */
export function parseServerUrl(
  text: string,
  shape: UrlShape,
): ServerUrl | { readonly problem: string } {
  const schemes = shape.schemes.map((scheme) => `${scheme}//`).join(" or ");
  if (!URL.canParse(text)) return { problem: `is no URL: it must begin with ${schemes}` };
  const url = new URL(text);
  if (!shape.schemes.includes(url.protocol)) return { problem: `must begin with ${schemes}` };
  if (url.hostname === "") return { problem: "names no host" };
  if (url.search !== "" || url.hash !== "") return { problem: "must have nothing after ? or #" };
  const path = url.pathname.replace(/\/+$/, "");
  if (path !== "" && !shape.allowPath) {
    return { problem: `must have no path: the rules name the databases` };
  }
  try {
    return {
      origin: `${url.protocol}//${url.host}`,
      path,
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      ...(url.port === "" ? {} : { port: Number(url.port) }),
      ...(url.username === "" ? {} : { user: decodeURIComponent(url.username) }),
      ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    };
  } catch {
    return { problem: "has a % in user or password that encodes nothing: write it as %25" };
  }
}
