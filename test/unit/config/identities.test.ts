import { describe, expect, test } from '@jest/globals';
import { newIdentity, resolveIdentities, sourceWithoutCredentials, type KnownIdentity } from '../../../src/config/identities.js';

/** Cameras and identities as `name source [id]`. */
function camera(text: string) {
  const [name = '', host = '', id] = text.split(' ');
  return { name, source: `rtsp://joe:hunter2@${host}/main`, ...(id === undefined ? {} : { id }) };
}

function identity(text: string): KnownIdentity {
  const [name = '', host = '', id = ''] = text.split(' ');
  return { id, name, source: `rtsp://${host}/main` };
}

function counter() {
  let count = 0;
  return () => `new${++count}`;
}

describe('the identity in HomeKit', () => {
  test.each<[string, string[], string[], string[]]>([
    ['a new camera gets one of its own', [], ['Front a', 'Back b'], ['new1', 'new2']],
    ['nothing changed', ['Front a 1', 'Back b 2'], ['Front a', 'Back b'], ['1', '2']],
    ['the order of the cameras does not matter', ['Front a 1', 'Back b 2'], ['Back b', 'Front a'], ['2', '1']],
    ['a renamed camera keeps its own', ['Front a 1'], ['Porch a'], ['1']],
    ['a moved camera keeps its own', ['Front a 1'], ['Front z'], ['1']],
    ['a camera that is renamed and moved at once is a new one', ['Front a 1'], ['Porch z'], ['new1']],
    ['swapped names: the name wins', ['Front a 1', 'Back b 2'], ['Back a', 'Front b'], ['2', '1']],
    ['swapped sources are swapped names', ['Front a 1', 'Back b 2'], ['Front b', 'Back a'], ['1', '2']],
    ['a name match is not taken away by an earlier camera of the same source', ['Front a 1'], ['Copy a', 'Front a'], ['new1', '1']],
    ['renaming one of two with the same source', ['One a 1', 'Two a 2'], ['Uno a', 'Two a'], ['1', '2']],
    ['one known identity, two strangers with its source: only one gets it', ['Front a 1'], ['Uno a', 'Due a'], ['1', 'new1']],
    ['a configured id wins over name and source', ['Front a 1'], ['Front a mine'], ['mine']],
    ['a configured id that another camera had', ['Front a 1', 'Back b 2'], ['Front a', 'Back b 1'], ['new1', '1']],
    ['without its configured id the camera keeps it', ['Front a mine'], ['Front a'], ['mine']],
    ['of two identities of the same name, the one of the same source', ['Front a 1', 'Front b 2'], ['Front a'], ['1']],
    ['of two identities of the same name and source, the more recent', ['Front a 1', 'Front a 2'], ['Front a'], ['2']],
  ])('%s', (_, known, cameras, ids) => {
    const resolved = resolveIdentities(cameras.map(camera), known.map(identity), counter());
    expect(resolved.ids).toEqual(ids);
    expect(new Set(resolved.ids).size).toBe(cameras.length);
    // The next start, with what was kept, finds the same.
    const again = resolveIdentities(cameras.map(camera), resolved.known, () => 'never');
    expect(again).toEqual({ ids, known: resolved.known, notes: [] });
  });

  test('a camera that was removed gets its identity back', () => {
    const { known } = resolveIdentities([camera('Front a'), camera('Back b')], [], counter());
    const without = resolveIdentities([camera('Back b')], known, counter());
    expect(without.known).toHaveLength(2);
    expect(resolveIdentities([camera('Back b'), camera('Front a')], without.known, counter()).ids).toEqual(['new2', 'new1']);
  });

  test('renamed step by step, then moved step by step, it is still the same camera', () => {
    let known: readonly KnownIdentity[] = [];
    for (const step of ['Front a', 'Porch a', 'Porch b', 'Gate b', 'Gate c']) {
      const resolved = resolveIdentities([camera(step)], known, counter());
      expect(resolved.ids).toEqual(['new1']);
      expect(resolved.known).toHaveLength(1);
      ({ known } = resolved);
    }
  });

  test('a configured id is kept for the day it is taken out of the settings', () => {
    const { known } = resolveIdentities([camera('Front a mine')], [identity('Front a 1')], counter());
    expect(resolveIdentities([camera('Front a')], known, counter()).ids).toEqual(['mine']);
  });

  test('a new identity is never one that exists, also of a camera that is gone', () => {
    const newId = counter();
    expect(resolveIdentities([camera('Front a new2'), camera('Back b')], [identity('Gone c new1')], newId).ids).toEqual(['new2', 'new3']);
    expect(() => resolveIdentities([camera('Back b')], [identity('Gone c x')], () => 'x')).toThrow(RangeError);
  });

  test('the notes say what happened', () => {
    expect(resolveIdentities([camera('Porch a'), camera('Shed s'), camera('Back b mine')], [identity('Front a 1'), identity('Back b 2')], counter()).notes).toEqual([
      'Porch: recognised by its source, it was called "Front". Its place in the Home app is kept.',
      'Shed: new, it got an identity for HomeKit of its own.',
      'Back: "id" gives it a new identity for HomeKit. Add it to the Home app anew.',
    ]);
  });

  test('what was given is left as it was', () => {
    const known = Object.freeze([Object.freeze(identity('Front a 1'))]);
    resolveIdentities(Object.freeze([Object.freeze(camera('Porch z'))]), known, counter());
    expect(known).toEqual([identity('Front a 1')]);
  });
});

describe('a new identity', () => {
  const idsOf = (cameras: readonly string[], known: readonly KnownIdentity[] = []) => resolveIdentities(cameras.map(camera), known, newIdentity).ids;
  const front = { name: 'Front', source: 'rtsp://a/main' };

  test('is the same in every release: without the file, a pairing hangs on it', () => {
    expect(newIdentity(front, 0)).toBe('2d8b44ee-b59d-8e46-8dd3-79839f930a34');
    expect(newIdentity(front, 1)).toBe('bc94850d-26b7-81e7-b21d-3cd9705f51d2');
  });

  test('is a UUID, fit to be configured as "id"', () => {
    for (let attempt = 0; attempt < 100; attempt++) {
      expect(newIdentity(front, attempt)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  test('does not change with the password, nor with the other cameras', () => {
    const { ids } = resolveIdentities([{ name: 'Back', source: 'rtsp://b/main' }, { name: 'Front', source: 'rtsp://joe:other@a:554/main/' }], [], newIdentity);
    expect(ids).toEqual(idsOf(['Front a', 'Back b']).toReversed());
  });

  test('differs by name and by source, also where both run together', () => {
    const cameras = [['Front', 'a'], ['Back', 'a'], ['Front', 'b'], ['Fron', 'ta'], ['Front","a', ''], ['Front', '","a']] as const;
    expect(new Set(cameras.map(([name, source]) => newIdentity({ name, source }, 0))).size).toBe(cameras.length);
    expect(new Set(idsOf(['Front a', 'Back a'])).size).toBe(2);
  });

  test('that another camera has already is passed over, the same way at each start', () => {
    // Front became Porch and moved, then a new camera took its old name and place.
    const porch = { id: newIdentity(front, 0), name: 'Porch', source: 'rtsp://b/main' };
    const ids = [newIdentity(front, 0), newIdentity(front, 1)];
    expect(idsOf(['Porch b', 'Front a'], [porch])).toEqual(ids);
    expect(idsOf(['Front a'], [porch])).toEqual(ids.slice(1));
    // Also where it is another camera's configured id, and whatever their order.
    expect(idsOf(['Front a', `Porch b ${porch.id}`])).toEqual(ids.toReversed());
    // However many there are.
    const many = Array.from({ length: 150 }, () => 'Front a');
    expect(new Set(idsOf(many)).size).toBe(150);
    expect(idsOf(many)).toEqual(idsOf(many));
  });
});

describe('a source without its credentials', () => {
  test.each([
    ['rtsp://joe:hunter2@10.0.0.5/main', 'rtsp://10.0.0.5/main'],
    ['rtsp://joe:other@10.0.0.5/main', 'rtsp://10.0.0.5/main'],
    ['rtsp://10.0.0.5:554/main/', 'rtsp://10.0.0.5/main'],
    ['rtsps://10.0.0.5:322/', 'rtsps://10.0.0.5'],
    ['RTSP://Cam.LOCAL/Main', 'rtsp://cam.local/Main'],
    ['rtsp://10.0.0.5:8554/main', 'rtsp://10.0.0.5:8554/main'],
    ['rtsp://10.0.0.5/cam/realmonitor?channel=1&subtype=0', 'rtsp://10.0.0.5/cam/realmonitor?channel=1&subtype=0'],
    ['rtsp://10.0.0.5/x?user=joe&password=hunter2&channel=1&AuthToken=hunter2', 'rtsp://10.0.0.5/x?channel=1'],
    ['rtsp://10.0.0.5/x?token=hunter2', 'rtsp://10.0.0.5/x'],
    ['rtsp://10.0.0.5/user=joe_password=hunter2_channel=1_stream=0.sdp?real_stream', 'rtsp://10.0.0.5/__channel=1_stream=0.sdp?real_stream'],
    ['rtsp://10.0.0.5/user=joe_password=hun_hunter2_channel=1_stream=0.sdp', 'rtsp://10.0.0.5/__channel=1_stream=0.sdp'],
    ['rtsp://joe:hun@hunter2@10.0.0.5/main', 'rtsp://10.0.0.5/main'],
    ['rtsp://joe:hunter2@[FE80::1]:554/x', 'rtsp://[fe80::1]/x'],
    ['rtmp://10.0.0.5:1935/live/hunter2?k=hunter2', 'rtmp://10.0.0.5/live'],
    ['rtmp://10.0.0.5/bcs/channel0_main.bcs?channel=0&stream=0&user=joe&password=hunter2', 'rtmp://10.0.0.5/bcs/channel0_main.bcs?channel=0&stream=0'],
    ['srt://10.0.0.5:9000?mode=caller&passphrase=hunter2hunter2&streamid=read:x:joe:hunter2', 'srt://10.0.0.5:9000?mode=caller'],
    ['http://joe:hunter2@10.0.0.5:80/flv?port=1935&app=bcs&stream=channel0_main.bcs&user=joe&password=hunter2', 'http://10.0.0.5/flv?port=1935&app=bcs&stream=channel0_main.bcs'],
    ['https://10.0.0.5/live.m3u8?token=hunter2', 'https://10.0.0.5/live.m3u8'],
    ['usb: Logitech C920 ', 'usb:Logitech C920'],
    ['USB:/dev/v4l/by-id/usb-046d_C920-video-index0', 'usb:/dev/v4l/by-id/usb-046d_C920-video-index0'],
    ['test:', 'test:1280x720/30'],
  ])('%s', (source, expected) => expect(sourceWithoutCredentials(source)).toBe(expected));

  test.each([
    ['rtsps://10.0.0.5:7441/hunter2hunter2ab', /^rtsps:\/\/10\.0\.0\.5:7441\/sha256-[0-9a-f]{16}$/],
    ['rtmp://10.0.0.5/live/hunter2hunter2ab?x=hunter2hunter2ab', /^rtmp:\/\/10\.0\.0\.5\/live\/sha256-[0-9a-f]{16}$/],
    ['ffmpeg:["-headers","X-Key: hunter2","-i","http://joe:hunter2@10.0.0.5/x"]', /^ffmpeg:sha256-[0-9a-f]{16}$/],
  ])('a key that tells streams apart is only a digest: %s', (source, expected) => {
    expect(sourceWithoutCredentials(source)).toMatch(expected);
    expect(sourceWithoutCredentials(source)).not.toContain('hunter2');
  });

  test('FFmpeg\'s arguments are the same with another password, and not with another device', () => {
    const source = (password: string, device: string): string => sourceWithoutCredentials(`ffmpeg:${JSON.stringify(['-headers', `Authorization: Basic ${password}`, '-i', `http://joe:${password}@10.0.0.5/x?token=${password}`, '-f', 'alsa', '-i', device])}`);
    expect(source('hunter2', 'hw:1')).toBe(source('other-one', 'hw:1'));
    expect(source('hunter2', 'hw:1')).not.toBe(source('hunter2', 'hw:2'));
  });

  test.each(['rtsp://joe:123/hunter2@10.0.0.5/x', 'rtsp://joe:hun@hunter2/joe@10.0.0.5/x', 'rtsp://joe:1#hunter2@10.0.0.5/x', 'joe hunter2', 'rtsp://joe:hun/hunter2@x'])(
    'an address in which nobody can tell the password from the host is only a digest: %s',
    (source) => {
      expect(sourceWithoutCredentials(source)).toMatch(/^(rtsp:\/\/)?sha256-[0-9a-f]{16}$/);
      expect(sourceWithoutCredentials(source)).toBe(sourceWithoutCredentials(source));
      expect(sourceWithoutCredentials(source)).not.toBe(sourceWithoutCredentials(`${source}2`));
    },
  );
});
