import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `writeRecordingTestPlugin`'s platform (alias `TestRecorder`) understands. */
export interface TestRecorderConfig extends Readonly<Record<string, unknown>> {
  readonly camera: string;
  /** A fragmented MP4: what it records. */
  readonly clip: string;
  /** A JSON file with a `RecordingBehaviour`, read at each recording. */
  readonly behaviour: string;
}

/** How the test plugin's next recordings go. */
export interface RecordingBehaviour {
  /** How often the fragments are sent; 1 unless told. */
  readonly repeat?: number;
  /** Between fragments; without it they come at once. */
  readonly everyMs?: number;
  /** After the fragments: the last one is marked as such (unless told), or the delegate throws, or waits until it is closed. */
  readonly end?: 'marked' | 'throw' | 'wait';
}

/** Writes a plugin with one camera that records a clip made before, and says in its log what it is told. Returns its folder. */
export function writeRecordingTestPlugin(folder: string): string {
  const plugin = join(folder, 'homebridge-test-recorder');
  mkdirSync(plugin, { recursive: true });
  const engines = { homebridge: '^1.8.0 || ^2.0.0', node: '>=20' };
  writeFileSync(join(plugin, 'package.json'), JSON.stringify({ name: 'homebridge-test-recorder', version: '1.0.0', main: 'index.cjs', keywords: ['homebridge-plugin'], engines }));
  writeFileSync(join(plugin, 'index.cjs'), source);
  return plugin;
}

const source = `
const { readFileSync } = require('node:fs');

function packetsOf(clip) {
  const packets = [];
  let start = 0;
  for (let offset = 0; offset < clip.length;) {
    const type = clip.toString('latin1', offset + 4, offset + 8);
    offset += clip.readUInt32BE(offset);
    if (type === 'moov' || type === 'mdat') {
      packets.push(clip.subarray(start, offset));
      start = offset;
    }
  }
  return packets;
}

class Recorder {
  constructor(log, config) {
    Object.assign(this, { log, config, closing: new Map() });
  }

  updateRecordingActive(active) {
    this.log('active ' + active);
  }

  updateRecordingConfiguration(configuration) {
    this.log('configuration ' + JSON.stringify(configuration));
  }

  async *handleRecordingStreamRequest(streamId) {
    const closed = new Promise((resolve) => this.closing.set(streamId, resolve));
    const { repeat = 1, everyMs, end = 'marked' } = JSON.parse(readFileSync(this.config.behaviour, 'utf8'));
    const [initialization, ...fragments] = packetsOf(readFileSync(this.config.clip));
    this.log('stream ' + streamId);
    yield { data: initialization, isLast: false };
    for (let index = 0; index < repeat * fragments.length; index += 1) {
      const isLast = index === repeat * fragments.length - 1;
      if (everyMs !== undefined) {
        let timer;
        await Promise.race([new Promise((resolve) => { timer = setTimeout(resolve, everyMs); }), closed]);
        clearTimeout(timer);
      }
      if (!this.closing.has(streamId)) {
        return;
      }
      if (isLast) {
        this.log('last ' + streamId);
      }
      yield { data: fragments[index % fragments.length], isLast: isLast && end === 'marked' };
    }
    if (end === 'throw') {
      throw new Error('The test wants it so.');
    }
    if (end === 'wait') {
      await closed;
    }
  }

  acknowledgeStream(streamId) {
    this.log('acknowledged ' + streamId);
    this.release(streamId);
  }

  closeRecordingStream(streamId, reason) {
    this.log('closed ' + streamId + ' ' + reason);
    this.release(streamId);
  }

  release(streamId) {
    this.closing.get(streamId)?.();
    this.closing.delete(streamId);
  }
}

module.exports = (api) => {
  const { hap } = api;
  api.registerPlatform('TestRecorder', class {
    constructor(log, config) {
      api.on('didFinishLaunching', () => {
        const accessory = new api.platformAccessory(config.camera, hap.uuid.generate('test-recorder-' + config.camera), hap.Categories.IP_CAMERA);
        const resolutions = [[1920, 1080, 30], [1920, 1080, 24], [1280, 720, 30], [1280, 720, 24]];
        const codec = { profiles: [0, 1, 2], levels: [0, 1, 2] };
        accessory.configureController(new hap.CameraController({
          cameraStreamCount: 1,
          delegate: { handleSnapshotRequest() {}, prepareStream() {}, handleStreamRequest() {} },
          streamingOptions: { supportedCryptoSuites: [0], video: { resolutions, codec } },
          recording: {
            options: {
              prebufferLength: 4000,
              mediaContainerConfiguration: { type: 0, fragmentLength: 4000 },
              video: { type: 0, parameters: codec, resolutions },
              audio: { codecs: [{ type: 0, audioChannels: 1, samplerate: 3 }] },
            },
            delegate: new Recorder((text) => log.info(text), config),
          },
          sensors: { motion: true },
        }));
        api.publishExternalAccessories('homebridge-test-recorder', [accessory]);
      });
    }
    configureAccessory() {}
  });
};
`;
