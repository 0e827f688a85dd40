import { describe, expect, test } from '@jest/globals';
import { momentOf } from '../../../src/pipeline/moment.js';
import type { StillImage } from '../../../src/pipeline/still-image.js';
import { Problem } from '../../../src/problems.js';
import { decodeJpeg } from '../../support/picture.js';
import { staged, type Rendering } from '../../support/staged-snapshots.js';

const size = { width: 640, height: 360 };

describe('work is shared', () => {
  test('five who ask at once for the same size get one picture, made once', async () => {
    await using scene = staged();
    const { service, rendered, publish } = scene;
    publish();
    const pictures = await Promise.all(Array.from({ length: 5 }, () => service.take(size)));
    expect(new Set(pictures).size).toBe(1);
    expect(rendered).toHaveLength(1);
  });

  test('the same keyframe is not made again for the same size, but for another size, and a new keyframe is', async () => {
    await using scene = staged();
    const { service, rendered, publish } = scene;
    publish();
    await service.take(size);
    await service.take(size);
    expect(rendered).toHaveLength(1);
    await service.take({ width: 320, height: 180 });
    expect(rendered).toHaveLength(2);
    publish();
    await service.take(size);
    expect(rendered).toHaveLength(3);
  });

  test('five who wait for a camera to come get the same picture when it does', async () => {
    await using scene = staged();
    const { service, rendered, publish } = scene;
    const pictures = Promise.all(Array.from({ length: 5 }, () => service.take(size)));
    setTimeout(() => publish(), 300);
    expect(new Set((await pictures).map(String)).size).toBe(1);
    expect(rendered).toHaveLength(1);
  });
});

describe('an answer comes within 4.5 s', () => {
  test.concurrent('when FFmpeg hangs and there is no picture yet: a placeholder', async () => {
    await using scene = staged({ render: () => new Promise(() => undefined) });
    const { service, publish } = scene;
    publish();
    const asked = performance.now();
    const jpeg = await service.take(size);
    expect(performance.now() - asked).toBeLessThan(4_500);
    expect(await decodeJpeg(jpeg)).toMatchObject(size);
  }, 10_000);

  test.concurrent('when FFmpeg hangs after it had worked: the last picture', async () => {
    let works = true;
    await using scene = staged({ render: () => (works ? Promise.resolve(Buffer.from('good')) : new Promise(() => undefined)) });
    const { service, publish } = scene;
    publish();
    await service.take(size);
    works = false;
    publish();
    const asked = performance.now();
    expect(String(await service.take(size))).toBe('good');
    expect(performance.now() - asked).toBeLessThan(4_500);
  }, 10_000);

  test.concurrent('when the camera does not come: a placeholder, and the camera was woken', async () => {
    await using scene = staged();
    const { service, stream } = scene;
    const asked = performance.now();
    const jpeg = await service.take(size);
    expect(performance.now() - asked).toBeLessThan(4_500);
    expect(await decodeJpeg(jpeg)).toMatchObject(size);
    expect(stream.state.kind).toBe('connecting');
  }, 10_000);

  test('at once when FFmpeg fails: the last good picture', async () => {
    let works = true;
    await using scene = staged({ render: () => (works ? Promise.resolve(Buffer.from('good')) : Promise.reject(new Problem('snapshot-failed'))) });
    const { service, publish } = scene;
    publish();
    await service.take(size);
    works = false;
    publish();
    expect(String(await service.take(size))).toBe('good');
  });
});

describe('the picture of an event', () => {
  /** A keyframe and a picture of an event after it; the present is at another keyframe. */
  function witnessed(rendering: Rendering = {}) {
    const scene = staged(rendering);
    const { stream, publish } = scene;
    const nowMs = performance.now();
    publish(nowMs - 3_000);
    const whole = momentOf(stream, nowMs - 2_500);
    publish(nowMs);
    return { ...scene, keyframeMs: nowMs - 3_000, moment: whole ?? fail() };
  }
  const fail = (): never => {
    throw new Error('There is no such moment.');
  };

  test('is of that moment, made once for each size', async () => {
    let made = 0;
    await using scene = witnessed({ renderMoment: () => Promise.resolve(Buffer.from(`event ${made++}`)) });
    const { service, moment } = scene;
    const asked = { moment, whole: true };
    expect((await Promise.all([service.take(size, asked), service.take(size, { ...asked })])).map(String)).toEqual(['event 0', 'event 0']);
    expect(String(await service.take({ width: 320, height: 180 }, asked))).toBe('event 1');
  });

  test('is the keyframe before it where there is no time to decode the rest, without trying', async () => {
    await using scene = witnessed({ renderMoment: () => Promise.reject(new Error('tried')) });
    const { service, moment, keyframeMs } = scene;
    expect(String(await service.take(size, { moment, whole: false }))).toBe(`picture of ${keyframeMs}`);
  });

  test('is the keyframe before it also where decoding turns out to take too long', async () => {
    const hangs = (signal: AbortSignal): Promise<Buffer> => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('too late'))));
    await using scene = witnessed({ renderMoment: hangs });
    const { service, moment, keyframeMs } = scene;
    const asked = performance.now();
    expect(String(await service.take(size, { moment, whole: true }))).toBe(`picture of ${keyframeMs}`);
    expect(performance.now() - asked).toBeLessThan(4_000);
  }, 10_000);
});

test('what was seen before privacy is not shown after it', async () => {
  await using scene = staged();
  const { service, stream, publish } = scene;
  publish();
  expect(String(await service.take(size))).toMatch(/^picture of/);
  stream.barred = true;
  service.forget();
  await new Promise(setImmediate);
  stream.barred = false;
  expect(stream.packets.lastKeyframe).toBeUndefined();
  expect(await decodeJpeg(await service.take(size))).toMatchObject(size); // Drawn: nothing comes from the camera.
}, 10_000);

test('a picture that was being made when privacy began is no substitute after it', async () => {
  const slow = Promise.withResolvers<Buffer>();
  const takenMs = performance.now();
  await using scene = staged({ render: ({ timeMs }) => (timeMs === takenMs ? slow.promise : Promise.reject(new Problem('snapshot-failed'))) });
  const { service, publish } = scene;
  publish(takenMs);
  const asked = service.take(size);
  await new Promise(setImmediate);
  service.forget();
  slow.resolve(Buffer.from('of before'));
  await asked;
  publish();
  expect(await decodeJpeg(await service.take(size))).toMatchObject(size); // Drawn.
}, 10_000);

describe('while the still picture of a camera does not come', () => {
  const hanging = { usable: true, fetch: () => new Promise<undefined>(() => undefined) } as unknown as StillImage;

  test.concurrent('the first keyframe of its stream takes its place', async () => {
    await using scene = staged({ stillImage: hanging });
    const { service, publish } = scene;
    const taken = service.take(size);
    setTimeout(() => publish(123), 100);
    expect(String(await taken)).toBe('picture of 123');
  }, 10_000);
});
