import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { HapConnection, within, type AccessoryAddress, type HapClient, type PairingData } from './connection.js';
import { hapCharacteristic, hapService, longUuid, type HapAccessoryFacts } from './hap-types.js';
import { startLive, type LiveOptions, type LiveReceiver } from './live-receiver.js';
import { readOfferedAudio, type OfferedAudio } from './offered-audio.js';
import { armRecording, disarmRecording, type ArmOptions } from './recording-client.js';
import { openRecording, type RecordingOptions, type RecordingReceiver } from './recording-receiver.js';
import { SoundControl } from './sound-control.js';

/** A picture, and how long the accessory took for it: from the request on an open connection to the whole answer. */
export interface Snapshot {
  readonly jpeg: Buffer;
  readonly ms: number;
}

/** What a controller asks of a camera's still picture. */
export interface SnapshotRequest {
  readonly width: number;
  readonly height: number;
  /** 0 periodic (a tile), 1 event (a notification). */
  readonly reason?: 0 | 1;
}

/** HAP refused a request. `status` is HAP's own (-70402, ...), where the answer has one. */
export class HapStatusError extends Error {
  constructor(what: string, readonly httpStatus: number, readonly status: number | undefined) {
    super(`${what}: HTTP ${httpStatus}${status === undefined ? '' : `, HAP status ${status}`}`);
  }
}

/** Pairs with an accessory that nobody has paired yet. `pin` is `XXX-XX-XXX`. */
export async function pairAccessory(options: AccessoryAddress & { readonly pin: string }): Promise<Controller> {
  const unpaired = new HapConnection(options);
  await within(unpaired.client.pairSetup(options.pin), 'pairing');
  const pairing = unpaired.client.getLongTermData();
  await unpaired.close();
  if (!pairing) {
    throw new Error('hap-controller gave no pairing data.');
  }
  return resume({ ...options, pairing });
}

/** Connects to an accessory that is paired already, for example after Homebridge was started again (on another port). */
export async function resume(options: AccessoryAddress & { readonly pairing: PairingData }): Promise<Controller> {
  const { host, port, id, pairing } = options;
  const connection = new HapConnection({ host, port, id }, pairing);
  await connection.open();
  return new Controller(connection, pairing);
}

/** A paired HomeKit controller on one connection to one accessory; its requests are answered one after the other. */
export class Controller {
  /** Of a camera; whether it has them is asked with `exists()`. */
  readonly microphone = new SoundControl(this, 'microphone');
  readonly speaker = new SoundControl(this, 'speaker');
  private readonly forks: Controller[] = [];
  private database: HapAccessoryFacts[] | undefined;

  constructor(private readonly connection: HapConnection, readonly pairing: PairingData) {}

  /** hap-controller's client, for what is not offered here (subscriptions, data streams). */
  get client(): HapClient {
    return this.connection.client;
  }

  get address(): AccessoryAddress {
    return this.connection.address;
  }

  /** The same pairing on a connection of its own, open when this returns: as a second device, or for requests at once. */
  async fork(): Promise<Controller> {
    const fork = await resume({ ...this.address, pairing: this.pairing });
    this.forks.push(fork);
    return fork;
  }

  /** The accessory database, types as long UUIDs. */
  async accessories(): Promise<HapAccessoryFacts[]> {
    const response = await this.connection.get('/accessories');
    const parsed = expectOk('GET /accessories', response) as { accessories: HapAccessoryFacts[] };
    this.database = parsed.accessories.map((accessory) => ({
      ...accessory,
      services: accessory.services.map((service) => ({
        ...service,
        type: longUuid(service.type),
        characteristics: service.characteristics.map((one) => ({ ...one, type: longUuid(one.type) })),
      })),
    }));
    return this.database;
  }

  /** How many services of a type there are. */
  async serviceCount(service: string): Promise<number> {
    return (await this.services(service)).length;
  }

  /** Reads a characteristic by UUIDs (short or long); `index` picks among several services of one type. */
  async get(service: string, characteristic: string, index = 0): Promise<unknown> {
    const { aid, iid } = await this.locate(service, characteristic, index);
    const response = await this.connection.get(`/characteristics?id=${aid}.${iid}`);
    const { characteristics } = expectOk(`reading ${characteristic}`, response) as { characteristics: { value?: unknown }[] };
    return characteristics[0]?.value;
  }

  /** Writes a characteristic by UUIDs, timed where it must be; resolves with the write response where the accessory gives one. */
  async put(service: string, characteristic: string, value: unknown, index = 0): Promise<unknown> {
    const { aid, iid, writeResponse, timedWrite } = await this.locate(service, characteristic, index);
    const pid = timedWrite ? await this.prepareWrite() : undefined;
    const response = await this.connection.put('/characteristics', { characteristics: [{ aid, iid, value, ...(writeResponse ? { r: true } : {}) }], pid });
    const answer = expectOk(`writing ${characteristic}`, response) as { characteristics?: { value?: unknown }[] } | undefined;
    return answer?.characteristics?.[0]?.value;
  }

  /** Reads a TLV characteristic. */
  async getTlv(service: string, characteristic: string, index = 0): Promise<Buffer> {
    const value = await this.get(service, characteristic, index);
    if (typeof value !== 'string') {
      throw new Error(`${characteristic} holds ${JSON.stringify(value)}, not TLV.`);
    }
    return Buffer.from(value, 'base64');
  }

  /** Writes a TLV characteristic. */
  async putTlv(service: string, characteristic: string, value: Buffer, index = 0): Promise<void> {
    await this.put(service, characteristic, value.toString('base64'), index);
  }

  /** Calls back with each new value that the accessory reports (hap-nodejs: after 250 ms); on a connection of its own. */
  async subscribe(service: string, characteristic: string, listener: (value: unknown) => void, index = 0): Promise<void> {
    const { aid, iid } = await this.locate(service, characteristic, index);
    this.client.on('event', (event: { characteristics: { aid: number; iid: number; value: unknown }[] }) => {
      // The last one first: hap-nodejs sends them in the order that Apple reads them.
      for (const change of event.characteristics.toReversed()) {
        if (change.aid === aid && change.iid === iid) {
          listener(change.value);
        }
      }
    });
    await within(this.client.subscribeCharacteristics([`${aid}.${iid}`]), `subscribing to ${characteristic}`);
  }

  /** Asks for a picture. For several at once use `fork()`: a connection answers one after the other. */
  async snapshot(request: SnapshotRequest): Promise<Snapshot> {
    await this.connection.open();
    const asked = performance.now();
    const response = await this.connection.post('/resource', {
      'resource-type': 'image',
      'image-width': request.width,
      'image-height': request.height,
      ...(request.reason === undefined ? {} : { reason: request.reason }),
    });
    const ms = performance.now() - asked;
    if (response.statusCode !== 200) {
      throw new HapStatusError('snapshot', response.statusCode, statusOf(parse(response.body)));
    }
    return { jpeg: response.body, ms };
  }

  /** What live sound the camera offers, in its order. */
  async offeredAudio(): Promise<OfferedAudio[]> {
    return readOfferedAudio(await this.getTlv(hapService.cameraRtpStreamManagement, hapCharacteristic.supportedAudioStreamConfiguration));
  }

  /** Starts a live view. Closing this controller's connection makes the accessory stop it. */
  async startLive(options: LiveOptions): Promise<LiveReceiver> {
    return startLive(this, options);
  }

  /** Switches recording on, as a home hub does. */
  async armRecording(options: ArmOptions): Promise<void> {
    return armRecording(this, options);
  }

  /** Switches recording off; the selection stays. */
  async disarmRecording(): Promise<void> {
    return disarmRecording(this);
  }

  /** Asks for a recording on connections of its own; whether it was refused is in the receiver's `status`. */
  async openRecording(options?: RecordingOptions): Promise<RecordingReceiver> {
    return openRecording(this, options);
  }

  /** What this connection's keys were made from. Not after `subscribe`: hap-controller makes it anew for that. */
  async sharedSecret(): Promise<Buffer> {
    await this.connection.open();
    const { pairingProtocol } = this.client as unknown as { pairingProtocol: { pairVerify: { sharedSecret: Buffer } } };
    return pairingProtocol.pairVerify.sharedSecret;
  }

  /** Removes the pairing and closes; the accessory can be paired anew. */
  async unpair(): Promise<void> {
    await within(this.client.removePairing(Buffer.from(this.client.getLongTermData()?.iOSDevicePairingID ?? '', 'hex')), 'unpairing');
    await this.close();
  }

  /** Closes this connection and those of its forks; the accessory stops what they were watching. */
  async close(): Promise<void> {
    await Promise.all([this.connection.close(), ...this.forks.map((fork) => fork.close())]);
  }

  private async services(type: string): Promise<(HapAccessoryFacts['services'][number] & { readonly aid: number })[]> {
    const database = this.database ?? (await this.accessories());
    return database.flatMap(({ aid, services }) => services.filter((service) => service.type === longUuid(type)).map((service) => ({ ...service, aid })));
  }

  private async locate(service: string, characteristic: string, index: number): Promise<{ aid: number; iid: number; writeResponse: boolean; timedWrite: boolean }> {
    const found = (await this.services(service))[index];
    const one = found?.characteristics.find(({ type }) => type === longUuid(characteristic));
    if (!found || !one) {
      throw new Error(`The accessory has no characteristic ${characteristic} in service ${service} number ${index}.`);
    }
    return { aid: found.aid, iid: one.iid, writeResponse: one.perms.includes('wr'), timedWrite: one.perms.includes('tw') };
  }

  /** Announces a timed write (HAP R13 6.7.2.4); the write itself must name the number that this gives. */
  private async prepareWrite(): Promise<number> {
    const pid = randomInt(1, 2 ** 32);
    expectOk('preparing a timed write', await this.connection.put('/prepare', { ttl: 5000, pid }));
    return pid;
  }
}

/** The parsed body; throws when the request as a whole or its one characteristic failed. */
function expectOk(what: string, response: { statusCode: number; body: Buffer }): unknown {
  const body = parse(response.body);
  const status = statusOf(body);
  if (response.statusCode >= 300 || (status !== undefined && status !== 0)) {
    throw new HapStatusError(what, response.statusCode, status);
  }
  return body;
}

function statusOf(body: unknown): number | undefined {
  const answer = body as { status?: number; characteristics?: { status?: number }[] } | undefined;
  return answer?.status ?? answer?.characteristics?.[0]?.status;
}

function parse(body: Buffer): unknown {
  return body.length === 0 ? undefined : (JSON.parse(body.toString()) as unknown);
}
