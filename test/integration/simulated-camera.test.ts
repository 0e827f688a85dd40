import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { StartAt } from '../support/camera/feed.js';
import { completeFootageSettings, defaultFfmpeg } from '../support/camera/footage-arguments.js';
import { loadFootage } from '../support/camera/footage.js';
import { flashArea, gridColumns, gridRows, readMarks, whiteReferenceColumn } from '../support/camera/marks.js';
import { RawRtspClient } from '../support/camera/raw-client.js';
import type { CameraSettings, FootageSettings, SimulatedCamera } from '../support/camera/rtsp-camera.js';
import { startCamera } from '../support/camera/rtsp-camera.js';
import { spawnCamera } from '../support/camera/spawn-camera.js';
import type { SoundName } from '../support/camera/sound-formats.js';
import { soundFormats } from '../support/camera/sound-formats.js';
import type { SeenPicture, Watched } from '../support/camera/watch.js';
import { watch } from '../support/camera/watch.js';

const run = promisify(execFile);
const small: FootageSettings = { width: 640, height: 360, seconds: 4, bitrateKbps: 800 };
const smallFrames = 120;
const started: SimulatedCamera[] = [];
const clients: RawRtspClient[] = [];

async function camera(settings: Partial<CameraSettings> = {}): Promise<SimulatedCamera> {
  const made = await startCamera({ main: small, ...settings });
  started.push(made);
  return made;
}

async function client({ port }: { port: number }): Promise<RawRtspClient> {
  const made = await RawRtspClient.connect(port);
  clients.push(made);
  return made;
}

afterEach(async () => {
  clients.splice(0).forEach((made) => made.close());
  await Promise.all(started.splice(0).map((made) => made.close()));
});

/** For work that goes on beside other tests. */
async function withCamera<Result>(settings: CameraSettings, work: (made: SimulatedCamera) => Promise<Result>): Promise<Result> {
  const made = await startCamera(settings);
  try {
    return await work(made);
  } finally {
    await made.close();
  }
}

async function until(condition: () => boolean, limitMs = 5000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) {
      throw new Error(`Still not so after ${limitMs} ms: ${condition.toString()}`);
    }
    await sleep(10);
  }
}

function counters(pictures: readonly SeenPicture[]): (number | undefined)[] {
  return pictures.map((picture) => picture.marks?.counter);
}

/** The counters that should follow the first one. */
function consecutive(pictures: readonly SeenPicture[], frames = smallFrames): number[] {
  const first = pictures[0]?.marks?.counter ?? NaN;
  return pictures.map((_, index) => (first + index) % frames);
}

/** For each flash that began while it was watched, how far away the nearest beep was. FFmpeg gives the very first picture of a stream no time of its own. */
function beepDistancesMs({ pictures, beeps }: Watched): number[] {
  const flashes = pictures.filter((picture, index) => picture.marks?.flash && pictures[index - 1]?.marks?.flash === false);
  return flashes.map((flash) => Math.min(...beeps.map((beep) => Math.abs(beep.timeSeconds - flash.timeSeconds) * 1000)));
}

/** Milliseconds between one beep and the next; the first may have been heard from its middle on. */
function beepIntervalsMs({ beeps }: Watched): number[] {
  const [, ...whole] = beeps.map((beep) => beep.timeSeconds * 1000);
  return whole.slice(1).map((atMs, index) => atMs - (whole[index] ?? NaN));
}

/** NAL unit types of single packets and of the first NAL unit in an aggregate or fragment (H.264). */
function nalTypes(packets: readonly Buffer[]): (number | undefined)[] {
  return packets.map((packet) => {
    const type = (packet[12] ?? 0) & 0x1f;
    return type === 28 ? (packet[13] ?? 0) & 0x1f : type;
  });
}

/** The channels that `RawRtspClient.setUp()` asks for. */
const channels = { picture: 0, pictureReports: 1, sound: 2, soundReports: 3 } as const;

function onChannel(from: RawRtspClient, name: keyof typeof channels): Buffer[] {
  return from.packets.filter(({ channel }) => channel === channels[name]).map(({ bytes }) => bytes);
}

function rtp(from: RawRtspClient): Buffer[] {
  return onChannel(from, 'picture');
}

/** When the footage began by the camera's own clock, as a sender report puts it (RFC 3550 6.4.1): wall time less RTP time. */
function beginningMs(report: Buffer | undefined, clockRate: number): number {
  const [seconds = NaN, fraction = NaN, timestamp = NaN] = report ? [8, 12, 16].map((offset) => report.readUInt32BE(offset)) : [];
  return (seconds + fraction / 2 ** 32 - timestamp / clockRate) * 1000;
}

/** True where every packet follows the one before. */
function isComplete(packets: readonly Buffer[]): boolean {
  return packets.every((packet, index) => index === 0 || packet.readUInt16BE(2) === ((packets[index - 1]?.readUInt16BE(2) ?? 0) + 1) % 65_536);
}

/** How much later than the sound the first picture can come. */
const keyframeWaitSeconds = 2.1;

interface Variant {
  readonly footage: FootageSettings & { readonly audio: SoundName };
  readonly transport: 'tcp' | 'udp';
  readonly startAt: StartAt;
  /** As FFmpeg calls the sound. */
  readonly heard: string;
}

const variants: Readonly<Record<string, Variant>> = {
  'H.264 and AAC over TCP': { footage: { audio: 'aac' }, transport: 'tcp', startAt: 'immediately', heard: 'aac (LC), 16000 Hz, mono' },
  'H.264 baseline and PCMU over UDP': {
    ...{ footage: { audio: 'pcmu', h264Profile: 'baseline' }, transport: 'udp', startAt: 'immediately', heard: 'pcm_mulaw, 8000 Hz, mono' },
  },
  'H.264 with B-frames and PCMA over TCP, from a cached GOP': {
    ...{ footage: { audio: 'pcma', bFrames: 2 }, transport: 'tcp', startAt: 'cachedGop', heard: 'pcm_alaw, 8000 Hz, mono' },
  },
  'HEVC and AAC over UDP': { footage: { audio: 'aac', codec: 'hevc' }, transport: 'udp', startAt: 'keyframe', heard: 'aac (LC), 16000 Hz, mono' },
  'HEVC with B-frames and PCMU over TCP': {
    ...{ footage: { audio: 'pcmu', codec: 'hevc', bFrames: 2 }, transport: 'tcp', startAt: 'keyframe', heard: 'pcm_mulaw, 8000 Hz, mono' },
  },
  'H.264 and AAC at 32 kHz over TCP': { footage: { audio: 'aac32' }, transport: 'tcp', startAt: 'keyframe', heard: 'aac (LC), 32000 Hz, mono' },
  'H.264 and stereo AAC over UDP': { footage: { audio: 'aac48stereo' }, transport: 'udp', startAt: 'keyframe', heard: 'aac (LC), 48000 Hz, stereo' },
  'H.264 and Opus over TCP': { footage: { audio: 'opus' }, transport: 'tcp', startAt: 'keyframe', heard: 'opus, 48000 Hz, stereo' },
  'H.264 and G.726 over UDP': { footage: { audio: 'g726' }, transport: 'udp', startAt: 'keyframe', heard: 'adpcm_g726le' },
};

/** Until the sound's first loop has joined on to the next, and a beep has come after that. */
function picturesOf(footage: Variant['footage']): number {
  return Math.max(80, Math.ceil((soundFormats[footage.audio].loopSeconds + 1.3) * 30));
}

describe('what FFmpeg decodes', () => {
  const watched = new Map<string, Promise<Watched>>();

  beforeAll(() => {
    for (const [name, { footage, transport, startAt }] of Object.entries(variants)) {
      const main = { ...small, seconds: 2, ...footage };
      const pictures = picturesOf(footage);
      const soundSeconds = pictures / 30 + keyframeWaitSeconds;
      const watching = withCamera({ main, startAt }, (made) => watch(made.url(), { pictures, soundSeconds, transport, width: 160, height: 90 }, true));
      watching.catch(() => undefined);
      watched.set(name, watching);
    }
  });

  test.each(Object.entries(variants))('%s: no picture is lost or out of order, also where a loop begins anew, and each beep fits its flash', async (name, variant) => {
    const seen = await watched.get(name);
    const pictures = seen?.pictures ?? [];
    expect(pictures).toHaveLength(picturesOf(variant.footage));
    expect(counters(pictures)).toEqual(consecutive(pictures, 60));
    expect(pictures.map(({ marks }) => marks?.clockMs)).toEqual(pictures.map(({ marks }) => Math.round(((marks?.counter ?? NaN) * 1000) / 30)));
    expect(pictures.map(({ marks }) => marks?.flash)).toEqual(pictures.map(({ marks }) => (marks?.counter ?? NaN) % 30 < 3));
    expect(seen?.log).toContain(`Audio: ${variant.heard}`);
    const distances = seen ? beepDistancesMs(seen) : [];
    expect(distances.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...distances)).toBeLessThan(3);
    const intervals = seen ? beepIntervalsMs(seen) : [];
    expect(intervals.every((interval) => Math.abs(interval - 1000) < 3)).toBe(true);
  });

  test('1080p really comes at about 4 Mbit/s, and its marks survive 160x90 at 40 kbit/s', async () => {
    const made = await camera({ main: { seconds: 6 } });
    const folder = await mkdtemp(join(tmpdir(), 'camera-'));
    try {
      const [asIs, crushed] = [join(folder, 'as-is.h264'), join(folder, 'crushed.mp4')];
      const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '40k', '-maxrate', '40k', '-bufsize', '20k'];
      const copied = ['-map', '0:v', '-c', 'copy', '-frames:v', '120', asIs];
      await run(defaultFfmpeg, ['-v', 'error', '-rtsp_transport', 'tcp', '-i', made.url(), ...copied, '-vf', 'scale=160:90', ...encoder, '-frames:v', '90', crushed]);
      const kbps = ((await readFile(asIs)).length * 8) / (120 / 30) / 1000;
      expect(kbps).toBeGreaterThan(3000);
      expect(kbps).toBeLessThan(5000);
      const { pictures } = await watch(crushed, { pictures: 90, width: 160, height: 90 });
      expect(pictures).toHaveLength(90);
      // Crushed so far, a few cannot be read, depending on where the recording began; none may be read wrongly.
      const expected = consecutive(pictures, 180);
      const readable = counters(pictures).map((counter, index) => counter ?? expected[index]);
      expect(readable).toEqual(expected);
      expect(counters(pictures).filter((counter) => counter === undefined).length).toBeLessThanOrEqual(5);
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 90_000);

  test('parameter sets only in the description or only in the stream are enough; sub shows the same moment as main; pictures are seen soon', async () => {
    const sub = { ...small, width: 320, height: 180, bitrateKbps: 200 };
    const [described, inBand] = await Promise.all([camera({ parameterSetsInBand: false }), camera({ parameterSetsInSdp: false, sub })]);
    const all = [
      { made: described, stream: 'main' },
      { made: inBand, stream: 'main' },
      { made: inBand, stream: 'sub' },
    ] as const;
    await Promise.all(
      all.map(async ({ made, stream }) => {
        const { pictures } = await watch(made.url(stream), { pictures: 30 });
        expect(counters(pictures)).toEqual(consecutive(pictures));
        const last = pictures.at(-1);
        const latencyMs = (last?.seenAtMs ?? NaN) - (made.sentAt(last?.marks?.counter ?? NaN, stream) ?? NaN);
        expect(latencyMs).toBeGreaterThan(0);
        expect(latencyMs).toBeLessThan(1000);
      }),
    );
    const counter = inBand.counterNow() - 2;
    expect(inBand.sentAt(counter, 'sub')).toBe(inBand.sentAt(counter, 'main'));
  });
});

describe('footage of every shape', () => {
  const shapes = {
    portrait: { ...small, width: 720, height: 1280, fps: 30 },
    '4K': { width: 3840, height: 2160, fps: 10, seconds: 4, bitrateKbps: 8000 },
    'a keyframe every 10 s': { ...small, fps: 30, keyframeSeconds: 10, seconds: 20 },
    'a keyframe every second': { ...small, fps: 30, keyframeSeconds: 1, seconds: 4 },
    'a keyframe every 3 s': { ...small, fps: 30, keyframeSeconds: 3, seconds: 6 },
  } satisfies Record<string, FootageSettings>;
  const watched = new Map<string, Promise<Watched>>();

  beforeAll(() => {
    for (const [name, main] of Object.entries(shapes)) {
      const pictures = 3 * main.fps;
      const watching = withCamera({ main, startAt: 'cachedGop' }, (made) => watch(made.url(), { pictures, width: 160, height: 90 }));
      watching.catch(() => undefined);
      watched.set(name, watching);
    }
  });

  test.each(Object.entries(shapes))('%s: the size, the marks and the keyframes are as asked', async (name, main: FootageSettings) => {
    const { fps, seconds, keyframeSeconds, width, height } = completeFootageSettings(main);
    const { pictures, log } = (await watched.get(name)) ?? { pictures: [], log: '' };
    expect(log).toMatch(new RegExp(`Video: h264 .*, ${width}x${height}`));
    expect(pictures).toHaveLength(3 * fps);
    expect(counters(pictures)).toEqual(consecutive(pictures, fps * seconds));
    expect(pictures.map(({ marks }) => marks?.flash)).toEqual(pictures.map(({ marks }) => (marks?.counter ?? NaN) % fps < 3));
    const keyframes = (await loadFootage(main)).units.flatMap(({ keyframe, counter }) => (keyframe ? [counter] : []));
    expect(keyframes).toEqual(Array.from({ length: seconds / keyframeSeconds }, (_, index) => index * keyframeSeconds * fps));
  });
});

describe('who may watch', () => {
  test('by Basic and by Digest the right password opens the camera, a wrong one, none and a changed one do not', async () => {
    const both = await Promise.all((['basic', 'digest'] as const).map((method) => camera({ authentication: { method, user: 'me & you', password: 'p@ss:word/' } })));
    await Promise.all(
      both.map(async (made) => {
        const old = made.url();
        await Promise.all([
          expect(watch(old, { pictures: 3 })).resolves.toBeDefined(),
          expect(watch(old.replace('word', 'wort'), { pictures: 3 })).rejects.toThrow('401'),
          expect(watch(made.urlWithoutCredentials(), { pictures: 3 })).rejects.toThrow('401'),
        ]);
        made.setPassword('another');
        await Promise.all([expect(watch(old, { pictures: 3 })).rejects.toThrow('401'), expect(watch(made.url(), { pictures: 3 })).resolves.toBeDefined()]);
      }),
    );
  });

  test('one session more than the limit is refused until another ends; connections that never play are counted apart', async () => {
    const made = await camera({ sessionLimit: 2 });
    const url = made.url();
    const [first, second, third] = await Promise.all([client(made), client(made), client(made)]);
    expect((await first.play(url)).status).toBe(200);
    expect((await second.play(url)).status).toBe(200);
    expect((await third.play(url)).status).toBe(453);
    const { connections, playedConnections, playing } = made.statistics();
    expect([connections.now, playedConnections.now, playing.main.now]).toEqual([3, 2, 2]);
    await first.request('TEARDOWN', url);
    expect((await third.play(url)).status).toBe(200);
    second.close();
    await until(() => made.statistics().connections.now === 2);
    expect(made.statistics()).toMatchObject({
      connections: { now: 2, highest: 3, total: 3 },
      playedConnections: { now: 2, highest: 3, total: 3 },
      playing: { main: { now: 1, highest: 2, total: 3 } },
    });
  });

  test('a camera without UDP refuses it at SETUP; an unknown stream is not found', async () => {
    const made = await camera({ transports: ['tcp'] });
    const asking = await client(made);
    expect((await asking.request('SETUP', `${made.url()}/trackID=0`, { Transport: 'RTP/AVP;unicast;client_port=40000-40001' })).status).toBe(461);
    expect((await asking.request('DESCRIBE', made.url('sub'))).status).toBe(404);
    expect((await asking.request('GET_PARAMETER', made.url())).status).toBe(200);
  });

  test('clients get the same packets, each from where it asked to begin', async () => {
    const long: FootageSettings = { ...small, keyframeSeconds: 4 };
    const [live, waiting, cached] = await Promise.all([
      camera({ main: long, startAt: 'immediately' }),
      camera({ main: long, startAt: 'keyframe' }),
      camera({ main: long, startAt: 'cachedGop' }),
    ]);
    await sleep(1000);
    const playing = async (made: SimulatedCamera): Promise<RawRtspClient> => {
      const viewer = await client(made);
      await viewer.play(made.url());
      return viewer;
    };
    const [one, two, three, four] = await Promise.all([playing(live), playing(live), playing(waiting), playing(cached)]);
    await sleep(300);
    const [first, second, held, burst] = [rtp(one), rtp(two), rtp(three), rtp(four)];
    expect(nalTypes(first).includes(5)).toBe(false);
    expect(first.some((packet) => second[0]?.equals(packet))).toBe(true);
    expect(held).toHaveLength(0);
    expect(nalTypes(burst).slice(0, 3)).toEqual([24, 6, 5]);
    expect(burst.filter((packet) => (packet[1] ?? 0) & 0x80).length).toBeGreaterThan(30);
    await until(() => rtp(three).length > 0);
    expect(nalTypes(rtp(three))[0]).toBe(24);
    expect([first, second, burst].every(isComplete)).toBe(true);
  });
});

describe('faults', () => {
  test('after a stop connections are refused; after a start the same port works again', async () => {
    const made = await camera();
    const url = made.url();
    const watching = client(made);
    await (await watching).play(url);
    await made.stop();
    await until(() => made.statistics().connections.now === 0);
    await expect(watch(url, { pictures: 3 })).rejects.toThrow('Connection refused');
    await made.start();
    expect(made.url()).toBe(url);
    const { pictures } = await watch(url, { pictures: 10 });
    expect(counters(pictures)).toEqual(consecutive(pictures));
  });

  test('a frozen camera accepts connections and says nothing; thawed, it answers and goes on', async () => {
    const made = await camera();
    const watching = await client(made);
    await watching.play(made.url());
    await until(() => rtp(watching).length > 20);
    made.freeze();
    await sleep(50);
    const [packets, late] = [watching.packets.length, await client(made)];
    let answers = 0;
    const asked = late.request('OPTIONS', made.url()).then(() => (answers += 1));
    await sleep(400);
    expect([watching.packets.length, answers]).toEqual([packets, 0]);
    expect(made.statistics().connections.now).toBe(2);
    made.thaw();
    await asked;
    await until(() => watching.packets.length > packets + 20);
  });

  test('broken connections are welcome again', async () => {
    const made = await camera();
    const watching = await client(made);
    await watching.play(made.url());
    made.dropConnections();
    await until(() => watching.socket.closed);
    expect((await (await client(made)).play(made.url())).status).toBe(200);
  });

  test('DESCRIBE is answered as the test wishes', async () => {
    const made = await camera();
    const asking = await client(made);
    for (const status of [401, 404, 453, 503] as const) {
      made.answerWith(status);
      expect((await asking.request('DESCRIBE', made.url())).status).toBe(status);
    }
    made.answerWith(undefined);
    expect((await asking.request('DESCRIBE', made.url())).status).toBe(200);
  });

  test('every nth packet is missing, and the numbers show it', async () => {
    const made = await camera();
    const watching = await client(made);
    made.loseEvery(5);
    await watching.play(made.url());
    await until(() => rtp(watching).length > 60);
    const numbers = rtp(watching).map((packet) => packet.readUInt16BE(2));
    const gaps = numbers.slice(1).filter((number, index) => number !== ((numbers[index] ?? 0) + 1) % 65_536).length;
    expect(Math.abs(gaps - numbers.length / 4)).toBeLessThanOrEqual(2);
    expect(made.statistics().packetsLost).toBeGreaterThanOrEqual(gaps);
  });

  test('garbage damages pictures without a misread, and the picture recovers', async () => {
    const made = await camera({ main: { ...small, keyframeSeconds: 1 } });
    const pictures = 100;
    const watching = watch(made.url(), { pictures });
    await until(() => made.statistics().playing.main.now === 1);
    await sleep(1500);
    made.sendGarbage('payloads', 300);
    const seen = counters((await watching).pictures);
    const last = seen.at(-1) ?? NaN;
    const first = seen.find((counter) => counter !== undefined) ?? NaN;
    expect(seen).not.toEqual(seen.map((_, index) => (first + index) % smallFrames));
    expect(seen.slice(-30)).toEqual(Array.from({ length: 30 }, (_, index) => (last + 1 + smallFrames - 30 + index) % smallFrames));
  });

  test('bytes between the packets break the framing of the connection', async () => {
    const made = await camera();
    const watching = await client(made);
    await watching.play(made.url());
    made.sendGarbage('bytes', 300);
    await sleep(400);
    expect(isComplete(rtp(watching)) && rtp(watching).length > 20).toBe(false);
  });
});

describe('the microphone', () => {
  const audible: FootageSettings = { ...small, audio: 'aac32' };

  async function listen(made: { url: () => string; port: number }): Promise<RawRtspClient> {
    const listening = await client(made);
    expect((await listening.play(made.url(), ['video', 'audio'])).status).toBe(200);
    return listening;
  }

  test('muted, it sends no sound and no reports while the pictures go on; then it goes on without a gap in its numbers', async () => {
    const made = await camera({ main: audible });
    const listening = await listen(made);
    await until(() => onChannel(listening, 'sound').length > 5);
    made.muteMicrophone();
    const picturePackets = rtp(listening).length;
    // What was on its way has arrived by now.
    await until(() => rtp(listening).length > picturePackets + 2);
    const [sounds, soundReports] = [onChannel(listening, 'sound'), onChannel(listening, 'soundReports')];
    const pictureReports = onChannel(listening, 'pictureReports').length;
    const late = await listen(made);
    await until(() => onChannel(listening, 'pictureReports').length >= pictureReports + 2);
    expect(onChannel(listening, 'sound')).toEqual(sounds);
    expect(onChannel(listening, 'soundReports')).toEqual(soundReports);
    expect(late.packets.filter(({ channel }) => channel >= channels.sound)).toEqual([]);
    made.unmuteMicrophone();
    await until(() => onChannel(late, 'sound').length > 5 && onChannel(listening, 'soundReports').length > soundReports.length);
    expect(isComplete(onChannel(listening, 'sound'))).toBe(true);
    const times = onChannel(listening, 'sound').map((packet) => packet.readUInt32BE(4));
    const largestStep = Math.max(...times.slice(1).map((time, index) => (time - (times[index] ?? 0)) >>> 0));
    expect(largestStep % 1024).toBe(0);
    expect(largestStep).toBeGreaterThan(32_000);
    expect(late.packets.find(({ channel }) => channel >= channels.sound)?.channel).toBe(channels.soundReports);
  });

  test('that starts late is announced, silent until then, and in step with the picture afterwards', async () => {
    const made = await camera({ main: audible, microphoneStartsAfterMs: 1200 });
    const watching = watch(made.url(), { pictures: 80, soundSeconds: 80 / 30 + keyframeWaitSeconds, width: 160, height: 90 }, true);
    const listening = await listen(made);
    const playedAtMs = performance.now();
    await until(() => onChannel(listening, 'sound').length > 0);
    const ofSound = listening.packets.filter(({ channel }) => channel >= channels.sound);
    expect(ofSound[0]?.channel).toBe(channels.soundReports);
    const silentMs = (ofSound[0]?.atMs ?? NaN) - playedAtMs;
    expect(silentMs).toBeGreaterThan(1100);
    expect(silentMs).toBeLessThan(1700);
    expect(onChannel(listening, 'pictureReports').length).toBeGreaterThanOrEqual(2);
    const seen = await watching;
    expect(Math.min(...seen.beeps.map(({ timeSeconds }) => timeSeconds))).toBeGreaterThan(1);
    const distances = beepDistancesMs(seen);
    expect(distances.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...distances)).toBeLessThan(3);
  });

  test('and the picture follow a clock that jumps to and fro; RTP times go on as before', async () => {
    const made = await camera({ main: audible });
    const listening = await listen(made);
    /** By the picture's last report and by the sound's. */
    const beginnings = (): number[] => [beginningMs(onChannel(listening, 'pictureReports').at(-1), 90_000), beginningMs(onChannel(listening, 'soundReports').at(-1), 32_000)];
    const nextReports = async (): Promise<void> => {
      const reports = onChannel(listening, 'soundReports').length;
      await until(() => onChannel(listening, 'soundReports').length > reports);
    };
    await nextReports();
    await nextReports();
    const before = beginnings();
    for (const offsetMs of [3_600_000, -5000]) {
      made.setClock(offsetMs);
      await nextReports();
      beginnings().forEach((beginning, index) => expect(Math.abs(beginning - (before[index] ?? NaN) - offsetMs)).toBeLessThan(2));
    }
    const times = rtp(listening).map((packet) => packet.readUInt32BE(4));
    expect(times.slice(1).every((time, index) => [0, 3000].includes((time - (times[index] ?? 0)) >>> 0))).toBe(true);
  });

  test('and the picture come without any report where the camera sends none', async () => {
    const made = await camera({ main: audible, senderReports: false });
    const listening = await listen(made);
    await until(() => onChannel(listening, 'sound').length > 40);
    expect(rtp(listening).length).toBeGreaterThan(30);
    expect(listening.packets.filter(({ channel }) => channel % 2 === 1)).toEqual([]);
  });
});

describe('a camera in a process of its own', () => {
  test('mutes its microphone and sets its clock', async () => {
    const made = await spawnCamera({ main: { ...small, audio: 'opus' }, microphoneStartsAfterMs: 1 });
    try {
      await made.muteMicrophone();
      const listening = await client(made);
      await listening.play(made.url(), ['video', 'audio']);
      await until(() => rtp(listening).length > 20);
      expect(onChannel(listening, 'sound')).toEqual([]);
      await made.setClock(3_600_000);
      await made.unmuteMicrophone();
      await until(() => onChannel(listening, 'sound').length > 0);
      const [picture, sound] = [onChannel(listening, 'pictureReports')[0], onChannel(listening, 'soundReports')[0]];
      const aheadSeconds = (sound?.readUInt32BE(8) ?? NaN) - (picture?.readUInt32BE(8) ?? NaN);
      expect(aheadSeconds).toBeGreaterThanOrEqual(3600);
      expect(aheadSeconds).toBeLessThan(3610);
    } finally {
      await made.close();
    }
  });

  test('gives times on the clock of this process and obeys', async () => {
    const made = await spawnCamera({ main: small });
    try {
      const { pictures } = await watch(made.url(), { pictures: 40 });
      const last = pictures.at(-1);
      const latencyMs = (last?.seenAtMs ?? NaN) - ((await made.sentAt(last?.marks?.counter ?? NaN)) ?? NaN);
      expect(latencyMs).toBeGreaterThan(0);
      expect(latencyMs).toBeLessThan(1000);
      await made.answerWith(404);
      await expect(watch(made.url(), { pictures: 1 })).rejects.toThrow('404');
      await expect(made.setPassword('x')).rejects.toThrow('no password');
      await made.answerWith(undefined);
      await made.stop();
      await expect(watch(made.url(), { pictures: 1 })).rejects.toThrow('Connection refused');
      await made.start();
      expect((await made.statistics()).playedConnections).toEqual({ now: 0, highest: 1, total: 1 });
      expect(await made.counterNow()).toBeLessThan(smallFrames);
      expect(await made.cpuMs()).toBeGreaterThan(0);
    } finally {
      await made.close();
    }
    await expect(RawRtspClient.connect(made.port)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('readMarks', () => {
  const [width, height] = [160, 90];

  /** A picture as the camera draws it. */
  function draw(counter: number, clockMs: number, flash: boolean): Uint8Array {
    const luma = new Uint8Array(width * height).fill(16);
    const binary = (value: number, length: number): number[] => Array.from({ length }, (_, index) => Math.floor(value / 2 ** (length - 1 - index)) % 2);
    const bits = (value: number): number[] => [...binary(value, 16), ...binary((value % 3) + 1, 2)];
    for (const [row, value] of [counter, clockMs].entries()) {
      const cells = [...(whiteReferenceColumn(row) === 0 ? [1, 0] : [0, 1]), ...bits(value)];
      cells.forEach((bit, column) => bit && fill(luma, column, row, 1, 1, 235));
    }
    fill(luma, flashArea.column, flashArea.row, flashArea.columns, flashArea.rows, flash ? 235 : 16);
    return luma;
  }

  function fill(luma: Uint8Array, column: number, row: number, columns: number, rows: number, level: number): void {
    const [cellWidth, cellHeight] = [width / gridColumns, height / gridRows];
    for (let y = row * cellHeight; y < (row + rows) * cellHeight; y += 1) {
      luma.fill(level, y * width + column * cellWidth, y * width + (column + columns) * cellWidth);
    }
  }

  test('reads what was drawn, also with a stride', () => {
    const luma = draw(54_321, 12_345, true);
    expect(readMarks(luma, width, height)).toEqual({ counter: 54_321, clockMs: 12_345, flash: true });
    const wide = new Uint8Array(192 * height);
    for (let y = 0; y < height; y += 1) {
      wide.set(luma.subarray(y * width, (y + 1) * width), y * 192);
    }
    expect(readMarks(wide, width, height, 192)).toEqual({ counter: 54_321, clockMs: 12_345, flash: true });
  });

  test.each(Array.from({ length: gridColumns }, (_, column) => column))('any wrong or grey cell in column %d is noticed', (column) => {
    for (const row of [0, 1]) {
      for (const change of [(level: number) => 251 - level, () => 125]) {
        const luma = draw(1234, 5678, false);
        fill(luma, column, row, 1, 1, change(luma[(row * height * width) / gridRows + (column * width) / gridColumns] ?? 0));
        expect(readMarks(luma, width, height)).toBeUndefined();
      }
    }
  });

  test('a picture without marks or with too few bytes has none', () => {
    expect(readMarks(new Uint8Array(width * height).fill(128), width, height)).toBeUndefined();
    expect(readMarks(draw(1, 2, false).subarray(1), width, height)).toBeUndefined();
  });
});
