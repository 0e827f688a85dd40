import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { RawRtspClient } from '../support/camera/raw-client.js';
import { startCamera, type CameraSettings } from '../support/camera/rtsp-camera.js';
import { spawnCamera } from '../support/camera/spawn-camera.js';
import { watch } from '../support/camera/watch.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { gaps } from '../support/sound/gaps.js';
import { toneAt } from '../support/sound/tone.js';

const run = promisify(execFile);
const sampleRate = 48_000;
/** How much later than the sound the first picture can come. */
const keyframeWaitSeconds = 2.1;
const pcmu = /^m=audio 0 RTP\/AVP 0\r$/m;
const opus = /^a=rtpmap:98 opus\/48000\/2\r$/m;

async function opened(settings: Partial<CameraSettings>) {
  const camera = await startCamera({ main: smallFootage, ...settings, ffmpegPath });
  return { camera, [Symbol.asyncDispose]: () => camera.close() };
}

/** What FFmpeg hears of a stream. */
async function hear(url: string, seconds: number): Promise<Int16Array> {
  const args = ['-v', 'error', '-rtsp_transport', 'tcp', '-i', url, '-map', '0:a', '-ac', '1', '-ar', String(sampleRate), '-t', String(seconds), '-f', 's16le', 'pipe:1'];
  const { stdout } = await run(ffmpegPath, args, { encoding: 'buffer', maxBuffer: 1 << 24 });
  return Int16Array.from({ length: stdout.length >> 1 }, (_, index) => stdout.readInt16LE(index * 2));
}

async function description({ port, url }: { readonly port: number; readonly url: string }): Promise<string> {
  const client = await RawRtspClient.connect(port);
  const { body } = await client.request('DESCRIBE', url);
  client.close();
  return body;
}

describe('a simulated microphone', () => {
  // Longer than the loops, for their seams.
  test.concurrent.each([
    ['pcmu', 2.5],
    ['g726', 2.5],
    ['opus', 2.5],
    ['aac32', 5.5],
  ] as const)('hears a steady tone in %s, without a gap and at its frequency', async (audio, seconds) => {
    await using it = await opened({ main: { ...smallFootage, audio, sound: { toneHz: 440 } } });
    const samples = await hear(it.camera.url(), seconds);
    // The decoder begins with silence of its own.
    const steady = samples.subarray(sampleRate / 10);
    const { hz, share } = toneAt(steady, sampleRate);
    expect(hz).toBeCloseTo(440, 0);
    expect(share).toBeGreaterThan(0.98);
    expect(gaps(steady, sampleRate, 10)).toEqual([]);
  });

  test.concurrent('can be in one stream and not in the other', async () => {
    await using it = await opened({ main: { ...smallFootage, audio: 'pcmu' }, sub: { ...smallFootage, width: 320, height: 180 } });
    const { camera } = it;
    expect(await description({ port: camera.port, url: camera.url('main') })).toMatch(pcmu);
    expect(await description({ port: camera.port, url: camera.url('sub') })).not.toMatch(/m=audio/);
  });

  test.concurrent('can be given another format, which the next connection finds, in step with the picture', async () => {
    await using it = await opened({ main: { ...smallFootage, audio: 'pcmu' }, startAt: 'keyframe' });
    const { camera } = it;
    const listening = await RawRtspClient.connect(camera.port);
    const url = camera.url();
    expect((await listening.play(url, ['video', 'audio'])).status).toBe(200);
    const broken = once(listening.socket, 'close', { signal: AbortSignal.timeout(5000) });
    await camera.changeMicrophone('opus');
    await broken;
    expect(await description({ port: camera.port, url })).toMatch(opus);
    const { pictures, beeps, log } = await watch(url, { pictures: 80, soundSeconds: 80 / 30 + keyframeWaitSeconds, ffmpegPath }, true);
    expect(log).toContain('Audio: opus');
    const flashes = pictures.filter(({ marks }, index) => marks?.flash && pictures[index - 1]?.marks?.flash === false);
    expect(flashes.length).toBeGreaterThanOrEqual(2);
    flashes.forEach((flash) => expect(Math.min(...beeps.map((beep) => Math.abs(beep.timeSeconds - flash.timeSeconds)))).toBeLessThan(0.003));
    await camera.changeMicrophone('none');
    expect(await description({ port: camera.port, url })).not.toMatch(/m=audio/);
    expect(camera.statistics().playing.main.now).toBe(0);
  });

  test.concurrent('can be given another format in a process of its own', async () => {
    const camera = await spawnCamera({ main: { ...smallFootage, audio: 'pcmu' }, ffmpegPath });
    try {
      await camera.changeMicrophone('opus');
      expect(await description({ port: camera.port, url: camera.url() })).toMatch(opus);
    } finally {
      await camera.close();
    }
  });
});
