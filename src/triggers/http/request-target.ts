/** What a request asks for, out of its first line. Pure; nothing that comes in makes it throw. */
export interface RequestTarget {
  /** The parts of the path, decoded, without empty ones. They are compared with names and lead to no file: '..' is a name like any other. */
  readonly path: readonly string[];
  /** What stands behind the question mark, as it came. */
  readonly query: string;
}

/**
 * Reads origin form (/path) and absolute form (http://host/path) of RFC 9112 3.2.
 * @param raw ASCII: Node refuses anything else by itself.
 * @returns undefined where it is neither, or wrongly encoded.
 */
export function readTarget(raw: string): RequestTarget | undefined {
  const [whole] = splitOnce(raw, '#');
  const [path, query] = splitOnce(whole.replace(/^https?:\/\/[^/?]*/i, ''), '?');
  if (!path.startsWith('/')) {
    return undefined;
  }
  const parts = path.split('/').filter((part) => part !== '').map(decoded);
  return parts.every((part) => part !== undefined) ? { path: parts, query } : undefined;
}

/** A parameter of a query, decoded; undefined where it is not there. A + stays one: in a token it stands for itself. */
export function parameterIn(query: string, name: string): string | undefined {
  const found = query.split('&').map((part) => splitOnce(part, '=')).find(([key]) => key === name);
  return found && (decoded(found[1]) ?? found[1]);
}

/** Percent-encoding resolved (RFC 3986 2.1); undefined where it is wrong. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function splitOnce(text: string, separator: string): [before: string, after: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
