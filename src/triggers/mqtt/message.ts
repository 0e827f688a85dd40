/** What came over MQTT. Text and JSON are read when first asked for, once for all cameras. */
export class Message {
  readonly topic: string;
  readonly #payload: Buffer;
  #text: string | undefined;
  #json: { readonly value: unknown } | 'none' | undefined;

  constructor(topic: string, payload: Buffer) {
    this.topic = topic;
    this.#payload = payload;
  }

  /** Without blanks and line ends around it: scripts and editors leave some behind. */
  get text(): string {
    this.#text ??= this.#payload.toString('utf8').trim();
    return this.#text;
  }

  /** The message as JSON; `undefined` where it is none. */
  get json(): { readonly value: unknown } | undefined {
    this.#json ??= parse(this.text);
    return this.#json === 'none' ? undefined : this.#json;
  }
}

function parse(text: string): { readonly value: unknown } | 'none' {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return 'none';
  }
}

/** What stands at `path`, names and positions with dots between them (`items.0.type`), in something parsed from JSON; else `undefined`. */
export function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => {
    if (typeof inner !== 'object' || inner === null || (Array.isArray(inner) && !/^\d+$/.test(name))) {
      return undefined;
    }
    // Only what the message itself says: not `constructor`, nor `__proto__`.
    return Object.hasOwn(inner, name) ? (inner as Readonly<Record<string, unknown>>)[name] : undefined;
  }, value);
}

/** A value of JSON as the text that it is compared as: true is "true", 1 is "1". Groups and lists are no text. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return value.trim();
  }
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? String(value) : undefined;
}

const nothing: readonly (string | undefined)[] = ['', 'false', '0', 'null'];

/** Whether a value of JSON says that something is there: neither missing, null, false, 0 (also as texts) nor empty. */
export function saysSomething(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : value !== undefined && !nothing.includes(textOf(value));
}
