import { describe, expect, test } from '@jest/globals';
import { closestName, editDistance } from '../../../src/config/closest-name.js';
import { readConfig } from '../../../src/config/read-config.js';

const door = { name: 'Front Door', source: 'rtsp://joe:hunter2@10.0.0.5/main' };
const garden = { name: 'Garden', source: 'rtsp://10.0.0.6/main' };

const platformDefaults = { name: 'Camera Hub', hardware: 'auto', mqttVerify: true, mqttBaseTopic: 'camera-hub', mqttHomeAssistant: false, httpAddress: '127.0.0.1', httpOldUrls: false, cpuTarget: 80, limits: { backPoints: 15, backAfter: 30, measuredOver: 10 }, alertAfter: 5 };

const cameraDefaults = {
  transport: 'tcp', pollRate: 1, rotate: 0, flip: 'none', crop: { left: 0, right: 0, top: 0, bottom: 0 }, liveVideo: 'auto', copyMaxBitrate: 6_000, maxStreams: 4, keepWarm: false, idleTimeout: 300, bridged: false, debug: false, recording: true, saveRecordings: false,
  audio: true, audioGain: 0, noiseFilter: false, aacEld: false, talkback: { enabled: true, arguments: [] },
  motionDetection: 'auto', motionSensitivity: 50, motionZones: [], motionMinDuration: 0.4, motionTimeout: 30, motionDetectionSwitch: false, motionSwitch: false,
  doorbell: false, occupancySensor: false, occupancyTimeout: 10, problemSensor: false, privacySwitch: false, frigateLabels: ['person'],
};

test('name and source are enough; everything else has its default', () => {
  expect(readConfig({ platform: 'CameraHub', cameras: [door] })).toEqual({
    hub: {
      ...platformDefaults,
      cameras: [{ ...door, ...cameraDefaults }],
    },
    faults: [],
    warnings: [],
  });
});

test('everything that is given is kept', () => {
  const full = {
    ...door,
    id: 'front_door-1',
    substream: 'rtsps://joe:hunter2@10.0.0.5/sub',
    username: 'jane',
    password: 'hunter3',
    stillImage: 'http://joe:hunter2@10.0.0.5/still.jpg',
    transport: 'udp',
    pollRate: 0.5,
    rotate: 270,
    flip: 'horizontal',
    crop: { left: 10, right: 0, top: 2.5, bottom: 20 },
    liveVideo: 'copy',
    copyMaxBitrate: 8_000,
    maxWidth: 1280,
    maxHeight: 720,
    maxFps: 25,
    maxBitrate: 2_000,
    maxStreams: 8,
    keepWarm: true,
    audio: true,
    audioGain: -6,
    noiseFilter: true,
    aacEld: true,
    talkback: { enabled: true, target: 'http://192.0.2.9/audio', format: 'mulaw', codec: 'pcm_mulaw', arguments: ['-method', 'POST'] },
    idleTimeout: 10,
    recording: false,
    saveRecordings: true,
    motionDetection: 'on',
    motionSensitivity: 80,
    motionZones: [{ kind: 'exclude', points: [{ x: 0, y: 0 }, { x: 1, y: 0 }, { x: 1, y: 0.3 }] }],
    motionMinDuration: 1.5,
    motionTimeout: 60,
    motionDetectionSwitch: true,
    motionSwitch: true,
    doorbell: true,
    occupancySensor: true,
    occupancyTimeout: 5,
    privacySwitch: true,
    mqttMotionTopic: 'cameras/door',
    mqttMotionMessage: 'motion',
    mqttMotionPath: 'event.type',
    mqttMotionResetTopic: 'cameras/door',
    mqttMotionResetMessage: 'still',
    mqttMotionResetPath: 'event.type',
    mqttDoorbellTopic: 'cameras/bell',
    mqttDoorbellMessage: 'pressed',
    mqttDoorbellPath: 'button',
    frigateCamera: 'front_door',
    frigateLabels: ['person', 'car'],
    problemSensor: true,
    bridged: true,
    manufacturer: 'Reolink',
    model: 'RLC-810A',
    serialNumber: '1',
    debug: true,
  };
  const platform = {
    name: 'Hub',
    ffmpegPath: '/opt/ffmpeg',
    hardware: 'vaapi',
    hardwareDevice: '/dev/dri/renderD129',
    mqttUrl: 'mqtts://10.0.0.7:8883',
    mqttUsername: 'hub',
    mqttPassword: 'hunter2',
    mqttCa: '/etc/ca.pem',
    mqttVerify: false,
    mqttBaseTopic: 'house/cameras',
    mqttHomeAssistant: true,
    frigateTopic: 'nvr/events',
    httpPort: 8582,
    httpAddress: '0.0.0.0',
    httpToken: 'hunter2hunter2',
    httpOldUrls: true,
    maxWidth: 1920,
    maxHeight: 1080,
    maxFps: 25,
    maxBitrate: 4_000,
    maxStreams: 6,
    maxTranscodes: 2,
    maxMemory: 512,
    cpuTarget: 70,
    limits: { analysisAbove: 40, frameRateAbove: 50, sizeAbove: 60, refuseAbove: 70, backPoints: 10, backAfter: 20, measuredOver: 6 },
    alertAfter: 10,
  };
  const { hub, faults, warnings } = readConfig({ platform: 'CameraHub', _bridge: { username: '0E:00' }, ...platform, cameras: [full] });
  // All its addresses have logins of their own.
  expect({ hub, faults, warnings }).toEqual({ hub: { ...platform, cameras: [full] }, faults: [], warnings: ['username', 'password'].map((option) => `Front Door: option "${option}" has no effect, as the address in "source" has a login of its own.`) });
});

test('what the settings page leaves empty counts as absent, and blanks around a text are dropped', () => {
  const { hub, faults } = readConfig({ ffmpegPath: '', name: '', cameras: [{ name: ' Front Door ', source: ` ${door.source}\n`, id: '', substream: ' ', model: '', transport: '', maxStreams: null }] });
  expect(faults).toEqual([]);
  expect(hub.ffmpegPath).toBeUndefined();
  expect(hub.cameras).toEqual([expect.objectContaining({ ...door, transport: 'tcp', maxStreams: 4 })]);
  expect(Object.keys(hub.cameras[0] ?? {})).not.toEqual(expect.arrayContaining(['id', 'substream', 'model']));
});

describe('a wrong option of a camera names itself, what stands there and what is allowed', () => {
  const address = expect.stringMatching(/^an address that starts with rtsp:\/\/, rtsps:\/\//);
  const cameraName = expect.stringMatching(/^a name of at most 64 characters/);
  const identity = expect.stringMatching(/^at most 64 letters/);
  test.each([
    ['maxStreams', 99, '99', 'a whole number from 1 to 8'],
    ['maxStreams', 0, '0', 'a whole number from 1 to 8'],
    ['maxStreams', 2.5, '2.5', 'a whole number from 1 to 8'],
    ['maxStreams', '4', '"4"', 'a whole number from 1 to 8'],
    ['idleTimeout', 9, '9', 'a whole number of seconds from 10 to 86400'],
    ['idleTimeout', 86_401, '86401', 'a whole number of seconds from 10 to 86400'],
    ['transport', 'sctp', '"sctp"', '"tcp", "udp" or "http"'],
    ['liveVideo', 'Auto', '"Auto"', '"auto", "copy" or "transcode"'],
    ['keepWarm', 'yes', '"yes"', 'true or false'],
    ['audioGain', 40, '40', 'a whole number of decibels from -30 to 30'],
    ['bridged', 1, '1', 'true or false'],
    ['debug', [], '[...]', 'true or false'],
    ['model', { password: 'hunter2' }, '{...}', 'a text of at most 64 characters'],
    ['manufacturer', 'm'.repeat(65), `"${'m'.repeat(57)}..."`, 'a text of at most 64 characters'],
    ['serialNumber', 7, '7', 'a text of at most 64 characters'],
    ['id', 'front door', '"front door"', identity],
    ['id', 'x'.repeat(65), `"${'x'.repeat(57)}..."`, identity],
    ['name', undefined, 'missing', cameraName],
    ['name', ' ', 'missing', cameraName],
    ['name', 'n'.repeat(65), `"${'n'.repeat(57)}..."`, cameraName],
    ['name', '🚪', '"🚪"', cameraName],
    ['name', '()', '"()"', cameraName],
    ['source', undefined, 'missing', address],
    ['source', 'gopher://10.0.0.5/x', '"gopher://10.0.0.5/x"', address],
    ['source', 'http://', '"http://"', address],
    ['source', 'usb:', '"usb:"', address],
    ['source', 'test:1280', '"test:1280"', address],
    ['source', 'test:1281x720', '"test:1281x720"', address],
    ['source', 'test:1280x720/90', '"test:1280x720/90"', address],
    ['source', 'ffmpeg:["-headers", "Authorization: Basic aHVudGVyMg=="]', '"ffmpeg:..."', address],
    ['source', 'ffmpeg:-i hunter2', '"ffmpeg:..."', address],
    ['stillImage', 'rtsp://joe:hunter2@10.0.0.5/x', '"rtsp://***@10.0.0.5/x"', 'an address that starts with http:// or https://'],
    ['password', 7, 'a number (not shown)', 'a text of at most 256 characters'],
    ['pollRate', 0, '0', 'a number of pictures a second from 0.1 to 10'],
    ['rotate', 45, '45', '0, 90, 180 or 270'],
    ['rotate', '90', '"90"', '0, 90, 180 or 270'],
    ['flip', 'both', '"both"', '"none", "horizontal" or "vertical"'],
    ['crop', { left: 50, right: 45 }, '{...}', expect.stringMatching(/^a group with left, right, top and bottom/)],
    ['crop', { left: 10, middle: 5 }, '{...}', expect.stringMatching(/^a group with left, right, top and bottom/)],
    ['source', 'rtsp://', '"rtsp://"', address],
    ['source', 'rtsp://10.0.0.5/a b', '"rtsp://10.0.0.5/a b"', address],
    ['source', 'rtsp://joe:hunter2#@10.0.0.5/x', '"rtsp://***@10.0.0.5/x"', address],
    ['source', 'rtsp:/joe:hun ter2@10.0.0.5/x', '"***@10.0.0.5/x"', address],
    ['source', 'joe:hunter2@10.0.0.5/x', '"***@10.0.0.5/x"', address],
    ['source', 'joe/hunter2@10.0.0.5/x', '"***@10.0.0.5/x"', address],
    ['substream', 'http://joe:hun/ter2@10.0.0.5/x', '"http://***@10.0.0.5/x"', address],
  ])('%s: %j', (option, given, shown, allowed) => {
    const { hub, faults } = readConfig({ cameras: [{ ...door, [option]: given }, garden] });
    expect(faults).toEqual([expect.objectContaining({ option, given: shown, allowed })]);
    expect(faults[0]?.message).toMatch(/allowed is .*\. This camera is left out\.$/);
    expect(hub.cameras.map(({ name }) => name)).toEqual(['Garden']);
  });
});

test.each(['A', 'Front Door', "Anna's Room", 'Büro', '玄関', 'Gate 2', 'Porch (left) 1', 'A-B, C: D'])('the name %s is fine for the Home app', (name) => {
  expect(readConfig({ cameras: [{ ...door, name }] }).faults).toEqual([]);
});

test.each(['rtsp://10.0.0.5', 'RTSP://cam.local:8554/x?y=1', 'rtsps://[fe80::1]:322/x', 'rtsp://joe:p%40ss@cam/x', 'rtsp://joe:p@ss@cam/x', 'rtmp://cam/live/x', 'http://cam/video.cgi?resolution=640x360', 'https://joe:p%40ss@cam/x', 'srt://cam:9000?mode=caller', 'usb:HD Pro Webcam C920', 'USB: /dev/v4l/by-id/usb-046d', 'test:', 'test:1920x1080', 'test:640x360/5', 'ffmpeg:["-f","v4l2","-i","/dev/video0"]'])('the source %s is fine', (source) => {
  expect(readConfig({ cameras: [{ ...door, source }] }).faults).toEqual([]);
});

test('a login in options of its own becomes part of every address of that host that has none, percent-encoded', () => {
  const camera = { name: 'Gate', username: 'joe', password: 'p@s/s#?%: ö', source: 'rtsp://10.0.0.5/main', substream: 'rtsp://jane:own@10.0.0.5/sub', stillImage: 'http://10.0.0.5/still.jpg' };
  const [gate] = readConfig({ cameras: [camera] }).hub.cameras;
  const login = 'joe:p%40s%2Fs%23%3F%25%3A%20%C3%B6';
  expect(gate).toMatchObject({ source: `rtsp://${login}@10.0.0.5/main`, substream: 'rtsp://jane:own@10.0.0.5/sub', stillImage: `http://${login}@10.0.0.5/still.jpg` });
  expect(new URL(gate?.source ?? '').username).toBe('joe');
  expect(decodeURIComponent(new URL(gate?.source ?? '').password)).toBe(camera.password);
  expect(readConfig({ cameras: [{ name: 'Desk', source: 'usb:C920', username: 'joe', password: 'x' }] }).hub.cameras[0]?.source).toBe('usb:C920');
});

test('no other host gets the login', () => {
  const login = { username: 'joe', password: 'hunter2' };
  const [gate] = readConfig({ cameras: [{ name: 'Gate', ...login, source: 'rtsp://CAM.local/main', substream: 'rtsp://10.0.0.6/sub', stillImage: 'http://cam.local:8080/still.jpg' }] }).hub.cameras;
  expect(gate).toMatchObject({ source: 'rtsp://joe:hunter2@CAM.local/main', substream: 'rtsp://10.0.0.6/sub', stillImage: 'http://joe:hunter2@cam.local:8080/still.jpg' });
  const [desk] = readConfig({ cameras: [{ name: 'Desk', ...login, source: 'usb:C920', stillImage: 'http://10.0.0.6/still.jpg' }] }).hub.cameras;
  expect(desk).toMatchObject({ source: 'usb:C920', stillImage: 'http://10.0.0.6/still.jpg' });
});

test.each([
  [{ source: 'rtsp://joe@10.0.0.5/main', password: 'x' }, []],
  [{ source: 'rtsp://joe:x@10.0.0.5/main', username: 'joe', stillImage: 'http://10.0.0.5/still.jpg' }, []],
  [{ source: 'rtsp://joe:y@10.0.0.5/main', username: 'joe', password: 'x' }, ['username', 'password'].map((option) => `Gate: option "${option}" has no effect, as the address in "source" has a login of its own.`)],
  [{ source: 'rtsp://joe@10.0.0.5/main', username: 'ann' }, ['Gate: option "username" has no effect, as the address in "source" has a login of its own.']],
  [{ source: 'usb:C920', password: 'x' }, ['Gate: option "password" has no effect, as "source" is no address of the network.']],
  [{ source: 'ffmpeg:["-i","rtsp://10.0.0.5/main"]', password: 'x' }, ['Gate: option "password" has no effect, as "source" is no address of the network.']],
  [{ source: 'test:' }, []],
])('whether the login of %j does anything is told', (camera, warnings) => {
  expect(readConfig({ cameras: [{ name: 'Gate', ...camera }] })).toMatchObject({ faults: [], warnings });
});

test('the message is one plain line', () => {
  expect(readConfig({ cameras: [{ ...door, maxStreams: 99 }] }).faults[0]).toEqual({
    camera: 'Front Door',
    option: 'maxStreams',
    given: '99',
    allowed: 'a whole number from 1 to 8',
    message: 'Front Door: option "maxStreams" is 99, allowed is a whole number from 1 to 8. This camera is left out.',
  });
});

test('every wrong option of a camera is named at once', () => {
  const { faults } = readConfig({ cameras: [{ source: 'x', maxStreams: 99, debug: 'no' }] });
  expect(faults.map(({ camera, option }) => `${camera} ${option}`)).toEqual(['camera 1 name', 'camera 1 source', 'camera 1 maxStreams', 'camera 1 debug']);
});

test.each([
  [7, '7'],
  [null, 'missing'],
  ['rtsp://joe:hunter2@host', '"rtsp://***@host"'],
  [[], '[...]'],
])('a camera that is no group of options (%j) is a fault and does not disturb the others', (camera, given) => {
  const { hub, faults } = readConfig({ cameras: [door, garden, camera] });
  expect(faults).toEqual([expect.objectContaining({ camera: 'camera 3', option: 'cameras[2]', given })]);
  expect(hub.cameras).toHaveLength(2);
});

describe('no two cameras have the same name or identity', () => {
  test('the later one is left out, whether the texts differ in blanks or not', () => {
    const { hub, faults } = readConfig({ cameras: [door, { ...garden, name: ' Front Door' }] });
    expect(hub.cameras).toEqual([expect.objectContaining(door)]);
    expect(faults.map(({ message }) => message)).toEqual(['Front Door: option "name" is " Front Door", allowed is a name that no other camera has (camera 1 has this one). This camera is left out.']);
  });

  test('the same for ids', () => {
    const { hub, faults } = readConfig({ cameras: [{ ...door, id: 'one' }, { ...garden, id: 'one' }] });
    expect(hub.cameras.map(({ name }) => name)).toEqual(['Front Door']);
    expect(faults).toEqual([expect.objectContaining({ camera: 'Garden', option: 'id', given: '"one"' })]);
  });

  test('a camera that is itself left out keeps its name, so that another does not get its identity', () => {
    expect(readConfig({ cameras: [{ ...door, maxStreams: 99 }, { ...garden, name: 'Front Door' }] }).hub.cameras).toEqual([]);
  });
});

describe('the platform', () => {
  test('a wrong option is a fault, the default is used, and the cameras stay', () => {
    const { hub, faults } = readConfig({ ffmpegPath: 7, name: ['x'], cameras: [door] });
    expect(hub.ffmpegPath).toBeUndefined();
    expect(hub.cameras).toHaveLength(1);
    expect(faults.map(({ message }) => message)).toEqual([
      'platform: option "name" is [...], allowed is a text of 1 to 64 characters. The default is used.',
      'platform: option "ffmpegPath" is 7, allowed is a text of at most 1024 characters. The default is used.',
    ]);
  });

  test('a wrong name does not take ffmpegPath along', () => {
    expect(readConfig({ name: 7, ffmpegPath: '/opt/ffmpeg' }).hub).toEqual({ ...platformDefaults, ffmpegPath: '/opt/ffmpeg', cameras: [] });
  });

  test('a port without a token stays closed, and that is said', () => {
    const { hub, faults } = readConfig({ httpPort: 8582 });
    expect(hub.httpPort).toBeUndefined();
    expect(faults.map(({ message }) => message)).toEqual(['platform: option "httpToken" is missing, allowed is a text of 8 to 256 characters without blanks, which "httpPort" needs. The port stays closed.']);
  });

  test('a token or a password that cannot be used is not shown', () => {
    const { hub, faults } = readConfig({ httpPort: 8582, httpToken: 'hun ter2', mqttPassword: ['hunter2'], mqttUrl: 'http://joe:hunter2@10.0.0.7' });
    expect(hub).toEqual({ ...platformDefaults, cameras: [] });
    expect(faults.map(({ option, given }) => `${option} ${given}`)).toEqual(['mqttUrl "http://***@10.0.0.7"', 'mqttPassword [...]', 'httpToken a text (not shown)', 'httpToken missing']);
    expect(JSON.stringify(faults)).not.toMatch(/hun ?ter2|joe/);
  });

  test('triggers that cannot do anything are said', () => {
    const { faults, warnings } = readConfig({ cameras: [{ ...door, mqttMotionTopic: 'door', mqttDoorbellTopic: 'bell', mqttMotionResetMessage: 'still' }] });
    expect({ faults, warnings }).toEqual({
      faults: [],
      warnings: ['Front Door: option "mqttMotionTopic" has no effect, as no broker is set ("mqttUrl").', 'Front Door: option "mqttDoorbellTopic" has no effect, as the camera is no doorbell ("doorbell").', 'Front Door: option "mqttMotionResetMessage" has no effect, as there is no topic ("mqttMotionResetTopic").'],
    });
  });

  test('what only sound needs is said where the microphone is off', () => {
    expect(readConfig({ cameras: [{ ...door, audio: false, audioGain: 3 }] }).warnings).toEqual(['Front Door: option "audioGain" has no effect, as the microphone is off ("audio").']);
  });

  test('arguments of a talkback without a target do nothing, which is said', () => {
    expect(readConfig({ cameras: [{ ...door, talkback: { arguments: ['-ar', '16000'] } }] })).toMatchObject({ faults: [], warnings: ['Front Door: option "talkback.arguments" has no effect, as there is no target ("talkback.target").'] });
    expect(readConfig({ cameras: [{ ...door, talkback: { target: 'default', format: 'alsa', codec: 'pcm_s16le', arguments: ['-ar', '16000'] } }] })).toMatchObject({ faults: [], warnings: [] });
  });

  test('an address in place of the group of talkback is not shown, but what is to stand there is', () => {
    const { faults } = readConfig({ cameras: [{ ...door, talkback: 'rtmp://192.0.2.9/live/hunter2' }] });
    expect(faults.map(({ message }) => message)).toEqual([expect.stringMatching(/^Front Door: option "talkback" is a text \(not shown\), allowed is a group like \{ "target": .*This camera is left out\.$/)]);
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  test.each<[string, object, object | undefined]>([
    ['what the settings page leaves empty', { enabled: true, target: '', format: ' ', codec: '' }, { enabled: true, arguments: [] }],
    ['switched off', { enabled: false }, { enabled: false, arguments: [] }],
    ['a target with all it needs', { target: 'udp://192.0.2.9:5004', format: 'rtp', codec: 'pcm_alaw' }, { enabled: true, target: 'udp://192.0.2.9:5004', format: 'rtp', codec: 'pcm_alaw', arguments: [] }],
    ['a target alone', { target: 'udp://192.0.2.9:5004' }, undefined],
    ['a codec alone', { codec: 'aac' }, undefined],
    ['a target that FFmpeg would take for an option', { target: '-y', format: 'rtp', codec: 'pcm_alaw' }, undefined],
    ['arguments in one text', { target: 'udp://192.0.2.9:5004', format: 'rtp', codec: 'pcm_alaw', arguments: '-ar 16000' }, undefined],
  ])('talkback: %s', (_name, talkback, expected) => {
    const { hub, faults } = readConfig({ cameras: [{ ...door, talkback }] });
    expect(hub.cameras[0]?.talkback).toEqual(expected);
    expect(faults.map(({ message }) => message)).toEqual(expected ? [] : [expect.stringMatching(/^Front Door: option "talkback" is \{\.\.\.\}, allowed is a group .* in which target, format and codec come together/)]);
  });

  test('limits that are given keep the others in place; percentages that fall are a fault', () => {
    expect(readConfig({ limits: { analysisAbov: 95 } }).faults).toHaveLength(1);
    expect(readConfig({ limits: { sizeAbove: 95, frameRateAbove: null }, maxTranscodes: 2 }).hub).toMatchObject({ maxTranscodes: 2, limits: { sizeAbove: 95, backPoints: 15, backAfter: 30, measuredOver: 10 } });
    const { hub, faults } = readConfig({ limits: { frameRateAbove: 90, sizeAbove: 50 } });
    expect(hub.limits).toEqual(platformDefaults.limits);
    expect(faults.map(({ message }) => message)).toEqual([expect.stringMatching(/^platform: option "limits" is \{\.\.\.\}, allowed is a group .* in which the percentages rise\. The default is used\.$/)]);
  });

  test('hardware of an unknown name is a fault that lists the known ones, and the device stays', () => {
    const { hub, faults } = readConfig({ hardware: 'cuda', hardwareDevice: '1' });
    expect(hub).toEqual({ ...platformDefaults, hardwareDevice: '1', cameras: [] });
    expect(faults.map(({ message }) => message)).toEqual([
      'platform: option "hardware" is "cuda", allowed is "auto", "nvidia", "qsv", "vaapi", "videotoolbox", "amf", "v4l2m2m", "rkmpp" or "software". The default is used.',
    ]);
  });

  test.each([[{ a: door }], ['none'], [7]])('cameras that are no list (%j)', (cameras) => {
    expect(readConfig({ cameras })).toMatchObject({ hub: { cameras: [] }, faults: [{ camera: 'platform', option: 'cameras', allowed: 'a list of cameras in [ ]' }] });
  });

  test('no configuration at all is no fault, nonsense is', () => {
    expect(readConfig(undefined)).toEqual({ hub: { ...platformDefaults, cameras: [] }, faults: [], warnings: [] });
    expect(readConfig('CameraHub').faults).toEqual([expect.objectContaining({ camera: 'platform', option: 'platform', given: '"CameraHub"' })]);
  });
});

describe('an unknown option is ignored with a warning', () => {
  test.each([
    ['maxStream', ' Did you mean "maxStreams"?'],
    ['maxstreams', ' Did you mean "maxStreams"?'],
    ['soruce', ' Did you mean "source"?'],
    ['sub-stream', ' Did you mean "substream"?'],
    ['ffmpegPath', ''],
    ['videoConfig', ''],
    ['constructor', ''],
    ['__proto__', ''],
  ])('%s', (option, hint) => {
    const camera: unknown = JSON.parse(`{"name": "Front Door", "source": "rtsp://10.0.0.5/", ${JSON.stringify(option)}: 1}`);
    const { hub, faults, warnings } = readConfig({ cameras: [camera] });
    expect(warnings).toEqual([`Front Door: option "${option}" does not exist and is ignored.${hint}`]);
    expect(faults).toEqual([]);
    expect(hub.cameras).toHaveLength(1);
    expect(Object.keys(hub.cameras[0] ?? {})).not.toContain(option);
  });

  test('of the platform too', () => {
    expect(readConfig({ platform: 'CameraHub', _bridge: {}, ffmpegpath: '/x', camera: [] }).warnings).toEqual([
      'platform: option "ffmpegpath" does not exist and is ignored. Did you mean "ffmpegPath"?',
      'platform: option "camera" does not exist and is ignored. Did you mean "cameras"?',
    ]);
  });
});

test.each([
  ['', '', 0],
  ['source', 'source', 0],
  ['soruce', 'source', 1],
  ['sorce', 'source', 1],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
])('%s is %s by %i slips', (a, b, slips) => {
  expect(editDistance(a, b)).toBe(slips);
  expect(editDistance(b, a)).toBe(slips);
});

test('a very long option name is not compared', () => expect(closestName('n'.repeat(1_000_000), ['name'])).toBeUndefined());

test('no message ever carries a password, wherever it was typed', () => {
  const secret = 'rtsp://joe:hunter2@10.0.0.5/x';
  const options = ['name', 'source', 'substream', 'id', 'transport', 'liveVideo', 'maxStreams', 'manufacturer', 'debug', secret];
  for (const option of options) {
    for (const given of [secret, `${secret}${'x'.repeat(3000)}`, secret.slice(7), `${'x'.repeat(50)} ${secret}`, [secret], { password: 'hunter2' }, ` rtsp://joe:hun hunter2/@10.0.0.5`]) {
      const { faults, warnings } = readConfig({ [option]: given, ffmpegPath: [secret], cameras: [{ ...garden, [option]: given }, given] });
      expect(JSON.stringify([faults, warnings])).not.toMatch(/hunter2|joe/);
    }
  }
});

test('whatever stands in the file, nothing is thrown and every message is one line', () => {
  const random = randomNumbers(20_261_122);
  for (let round = 0; round < 3000; round++) {
    const { hub, faults, warnings } = readConfig(randomJson(random, 0));
    expect(Array.isArray(hub.cameras)).toBe(true);
    for (const line of [...faults.map(({ message }) => message), ...warnings]) {
      expect(line).not.toMatch(/[\n\r]/);
      expect(line.length).toBeLessThan(500);
    }
  }
});

/** mulberry32: the same numbers in every run. */
function randomNumbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Mostly shaped like a configuration, so that the fuzz gets past the first check. */
function randomJson(random: () => number, depth: number): unknown {
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)];
  const kind = depth === 0 && random() < 0.9 ? 'object' : pick(['leaf', 'leaf', 'leaf', depth < 4 ? 'object' : 'leaf', depth < 4 ? 'array' : 'leaf']);
  const some = Math.floor(random() * 6);
  switch (kind) {
    case 'array':
      return Array.from({ length: some }, () => randomJson(random, depth + 1));
    case 'object': {
      const names = ['cameras', 'cameras', 'cameras', 'name', 'source', 'id', 'maxStreams', 'transport', 'ffmpegPath', 'sorce', '__proto__', 'toString', 'a\nb', ''];
      const entries = Array.from({ length: some + 2 }, () => [JSON.stringify(pick(names)), JSON.stringify(randomJson(random, depth + 1))].join(':'));
      return JSON.parse(`{${entries.join(',')}}`);
    }
    default:
      return pick([0, -1, 1e308, 4, 300, true, false, null, '', ' ', '\u0000\n', '\u2028', '\ud800', 'tcp', 'Front Door', 'rtsp://10.0.0.5/x', 'rtsp://a:b@c:d@e', 'rtsp://[', '@', 'x'.repeat(5000), '🚪'.repeat(70)]);
  }
}
