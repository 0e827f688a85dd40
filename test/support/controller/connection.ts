import hapController, { type PairingData } from 'hap-controller';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where an accessory's HAP server is. */
export interface AccessoryAddress {
  readonly host: string;
  readonly port: number;
  /** The HAP identifier, `XX:XX:XX:XX:XX:XX`. */
  readonly id: string;
}

/** An answer of the HAP server. */
export interface HapResponse {
  readonly statusCode: number;
  readonly body: Buffer;
}

/** What we use of hap-controller's HttpConnection, which its typings keep private. */
interface VerifiedConnection {
  get(path: string): Promise<HapResponse>;
  post(path: string, body: string, contentType?: string): Promise<HapResponse>;
  put(path: string, body: string, contentType?: string): Promise<HapResponse>;
  once(event: 'disconnect', listener: () => void): void;
  off(event: 'disconnect', listener: () => void): void;
}

/** The HAP pairing of one controller; plain strings, may be kept as JSON. */
export type { PairingData };

/** hap-controller's client; for what `HapConnection` does not offer. */
export type HapClient = InstanceType<typeof hapController.HttpClient>;

/** Longer than hap-nodejs's own limits (9 s a characteristic, 25 s a picture): an accessory that never answers fails the test. */
const answerWithinMs = 30_000;

/** One encrypted connection to a HAP server; requests on it are answered one after the other, as HAP has it. */
export class HapConnection {
  readonly client: HapClient;
  private verified: VerifiedConnection | undefined;

  constructor(readonly address: AccessoryAddress, pairing?: PairingData) {
    this.client = new hapController.HttpClient(address.id, address.host, address.port, pairing, { usePersistentConnections: true });
  }

  /** Connects and verifies the pairing, unless that is done; what is timed afterwards is the request alone. */
  async open(): Promise<void> {
    await this.connection();
  }

  get(path: string): Promise<HapResponse> {
    return this.request(`GET ${path}`, (connection) => connection.get(path));
  }

  put(path: string, body: unknown): Promise<HapResponse> {
    return this.request(`PUT ${path}`, (connection) => connection.put(path, JSON.stringify(body)));
  }

  post(path: string, body: unknown): Promise<HapResponse> {
    return this.request(`POST ${path}`, (connection) => connection.post(path, JSON.stringify(body)));
  }

  async close(): Promise<void> {
    this.verified = undefined;
    await this.client.close();
  }

  private async connection(): Promise<VerifiedConnection> {
    if (this.verified) {
      return this.verified;
    }
    const client = this.client as unknown as { getDefaultVerifiedConnection(): Promise<VerifiedConnection> };
    const connection = await within(client.getDefaultVerifiedConnection(), 'verifying the pairing');
    // The session keys end with the socket: hap-controller would reconnect with the old ones and never get an answer.
    connection.once('disconnect', () => {
      if (this.verified === connection) {
        this.verified = undefined;
        void this.client.close();
      }
    });
    this.verified = connection;
    return connection;
  }

  private async request(what: string, send: (connection: VerifiedConnection) => Promise<HapResponse>): Promise<HapResponse> {
    const connection = await this.connection();
    let lost: (() => void) | undefined;
    const disconnected = new Promise<never>((_, reject) => {
      lost = () => reject(new Error(`${what}: the accessory closed the connection.`));
      connection.once('disconnect', lost);
    });
    try {
      return await within(Promise.race([send(connection), disconnected]), what);
    } finally {
      if (lost) {
        connection.off('disconnect', lost);
      }
    }
  }
}

/** Fails after `answerWithinMs`: hap-controller itself waits for ever. */
export async function within<T>(answer: Promise<T>, what: string): Promise<T> {
  const abort = new AbortController();
  const late = sleep(answerWithinMs, undefined, { signal: abort.signal }).then(
    () => Promise.reject(new Error(`${what}: no answer within ${answerWithinMs} ms.`)),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    abort.abort();
  }
}
