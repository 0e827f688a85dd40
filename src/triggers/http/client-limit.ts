import type { Socket } from 'node:net';

export interface ClientLimitOptions {
  readonly most: number;
  readonly withinMs: number;
  /** Clients counted each for themselves; all further ones are counted as one, so that no flood of addresses fills the memory or gets around the limit. */
  readonly clients?: number;
  readonly now?: () => number;
}

/** All clients for which there is no room. No address is empty. */
const everybodyElse = '';

/** So many in a period for each client. Whoever has had that many waits for a whole period. */
export class ClientLimit {
  readonly #most: number;
  readonly #withinMs: number;
  readonly #clients: number;
  readonly #now: () => number;
  readonly #counts = new Map<string, { count: number; endsMs: number }>();

  constructor({ most, withinMs, clients = 256, now = () => performance.now() }: ClientLimitOptions) {
    this.#most = most;
    this.#withinMs = withinMs;
    this.#clients = clients;
    this.#now = now;
  }

  /** How many clients are remembered. */
  get size(): number {
    return this.#counts.size;
  }

  /** Milliseconds until this client may again; 0: now. */
  waitMs(client: string): number {
    const entry = this.#counts.get(this.#keyOf(client));
    return entry && entry.count >= this.#most ? Math.max(entry.endsMs - this.#now(), 0) : 0;
  }

  /** Counts once. @returns whether this client still might. */
  take(client: string): boolean {
    if (this.waitMs(client) > 0) {
      return false;
    }
    const now = this.#now();
    const key = this.#keyOf(client);
    const known = this.#counts.get(key);
    const entry = known && known.endsMs > now ? known : { count: 0, endsMs: now + this.#withinMs };
    entry.count += 1;
    if (entry.count === this.#most) {
      entry.endsMs = now + this.#withinMs;
    }
    this.#counts.set(key, entry);
    return true;
  }

  #keyOf(client: string): string {
    if (this.#counts.size >= this.#clients && !this.#counts.has(client)) {
      this.#forgetThePast();
    }
    return this.#counts.size < this.#clients || this.#counts.has(client) ? client : everybodyElse;
  }

  #forgetThePast(): void {
    const now = this.#now();
    for (const [client, { endsMs }] of this.#counts) {
      if (endsMs <= now) {
        this.#counts.delete(client);
      }
    }
  }
}

/** The address of who sent it. IPv4 on an IPv6 socket as IPv4. */
export function clientOf({ socket }: { readonly socket: Pick<Socket, 'remoteAddress'> }): string {
  return (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/i, '');
}
