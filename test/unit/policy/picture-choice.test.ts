import { expect, test } from '@jest/globals';
import { ingestEncoding } from '../../../src/policy/ingest-encoding.js';
import { choosePicture, firstPictureKnowledge, pictureAfter, type PictureEvent, type SeenPicture } from '../../../src/policy/picture-choice.js';
import { unturned } from '../../../src/policy/picture-turn.js';

const seen = (codec: string): SeenPicture => ({ codec, width: 1280, height: 720 });
const turned = { ...unturned, rotate: 90 } as const;

test.each<[string, readonly PictureEvent[], typeof turned | typeof unturned, object]>([
  ['a camera is taken to send what can be kept', [], unturned, { mode: 'copy' }],
  ['one that is to be turned is looked at first', [], turned, { mode: 'look' }],
  ['what cannot be kept is looked at', [{ kind: 'trouble', trouble: 'codec' }], unturned, { mode: 'look' }],
  ['MJPEG is encoded', [{ kind: 'trouble', trouble: 'codec' }, { kind: 'seen', picture: seen('mjpeg') }], unturned, { mode: 'encode', seen: seen('mjpeg'), because: 'the camera sends MJPEG' }],
  ['a codec without a name of its own is told by FFmpeg\'s', [{ kind: 'seen', picture: seen('wmv2') }], unturned, { mode: 'encode', because: 'the camera sends wmv2' }],
  ['H.264 that was looked at is kept as it is', [{ kind: 'trouble', trouble: 'codec' }, { kind: 'seen', picture: seen('h264') }], unturned, { mode: 'copy' }],
  ['H.264 that is to be turned is encoded', [{ kind: 'seen', picture: seen('h264') }], turned, { mode: 'encode', because: 'the picture is to be turned, mirrored or cropped' }],
  ['one that failed while it was encoded is looked at again', [{ kind: 'trouble', trouble: 'codec' }, { kind: 'seen', picture: seen('mjpeg') }, { kind: 'failed' }], unturned, { mode: 'look' }],
  ['one that sent MJPEG for hours may have been set to H.264 meanwhile', [{ kind: 'trouble', trouble: 'codec' }, { kind: 'seen', picture: seen('mjpeg') }, { kind: 'worked', forMs: 3_600_000, stoodStill: false }], unturned, { mode: 'look' }],
  ['one that is to be turned may have been set to another size', [{ kind: 'seen', picture: seen('h264') }, { kind: 'worked', forMs: 3_600_000, stoodStill: false }], turned, { mode: 'look' }],
  ['one that sent H.264 when it was looked at, and sends something else by now, is looked at again', [{ kind: 'seen', picture: seen('h264') }, { kind: 'trouble', trouble: 'codec' }], unturned, { mode: 'look' }],
  ['one whose picture is no longer where it was seen is looked at again', [{ kind: 'seen', picture: seen('h264') }, { kind: 'trouble', trouble: 'place' }], unturned, { mode: 'look' }],
  ['one that is lost again and again is looked at once', [{ kind: 'seen', picture: seen('h264') }, { kind: 'worked', forMs: 60_000, stoodStill: false }], turned, { mode: 'encode' }],
])('%s', (_, events, turn, choice) => {
  expect(choosePicture(events.reduce(pictureAfter, firstPictureKnowledge), turn)).toMatchObject(choice);
});

test('late parameter sets and missing times are remembered', () => {
  const known = (['parameters', 'times'] as const).map((trouble) => ({ kind: 'trouble' as const, trouble })).reduce(pictureAfter, firstPictureKnowledge);
  expect(known).toMatchObject({ patient: true, times: 'arrival', uncopyable: false });
});

test.each([
  ['as large as it comes', { ...seen('mjpeg'), fps: 15 }, unturned, { width: 1280, height: 720, fps: 15, bitrateKbps: 1_131 }],
  ['no larger than HomeKit asks for', { codec: 'mjpeg', width: 2592, height: 1944 }, unturned, { width: 1440, height: 1080, fps: 30, bitrateKbps: 1_800 }],
  ['no larger when it stands upright either', { codec: 'h264', width: 2560, height: 1440 }, turned, { width: 1080, height: 1920, fps: 30, bitrateKbps: 1_800 }],
  ['no faster than HomeKit asks for', { ...seen('mjpeg'), fps: 60 }, unturned, { width: 1280, height: 720, fps: 30, bitrateKbps: 1_600 }],
  ['a picture a second has its share', { codec: 'mjpeg', width: 640, height: 360, fps: 1 }, unturned, { width: 640, height: 360, fps: 1, bitrateKbps: 240 }],
])('what is encoded at the ingest: %s', (_, picture, turn, expected) => {
  expect(ingestEncoding(picture, turn)).toMatchObject(expected);
});
