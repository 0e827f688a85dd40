import type { Camera } from '../../pipeline/camera.js';
import type { AudioReader } from '../../pipeline/sound/audio-stream.js';
import type { SoundLease } from '../../pipeline/sound/sound-renditions.js';
import { liveSoundKey, liveSoundSettings, packetMsOf, type LiveSoundSettings, type SoundRequest } from '../../policy/live-sound.js';
import type { RtpTransport } from './rtp-transport.js';
import { soundPayloads } from './sound-payload.js';
import { SoundSender } from './sound-sender.js';

/** How soon the sound follows pictures that come from the other stream, and a microphone that is set louder or softer. */
const lookEveryMs = 1_000;

export interface LiveSoundOptions {
  readonly camera: Camera;
  readonly request: SoundRequest;
  readonly transport: RtpTransport;
  readonly payloadType: number;
  /** Which stream's pictures are shown; undefined before there are any. */
  readonly shown: () => 'main' | 'sub' | undefined;
}

/** What a viewer hears. */
export interface LiveSoundStatus {
  readonly stream: 'main' | 'sub';
  /** 'Opus 16000 Hz, 24 kbit/s, 20 ms' */
  readonly rendition: string;
  readonly muted: boolean;
  readonly packets: number;
}

/** What one viewer hears: the sound of the stream that it sees. It has nothing to do with whether pictures come. */
export class LiveSound implements Disposable {
  readonly #options: LiveSoundOptions;
  readonly #sender: SoundSender;
  readonly #timer: NodeJS.Timeout;
  #stream: 'main' | 'sub';
  #settings: LiveSoundSettings;
  #lease: SoundLease;
  #reader: AudioReader;

  constructor(options: LiveSoundOptions) {
    const { request, transport, payloadType } = options;
    this.#options = options;
    this.#stream = this.#heard('main');
    this.#settings = this.#wanted();
    const { codec, frameMs, sampleRate, constantBitrate } = this.#settings;
    this.#sender = new SoundSender({ transport, payloadType, payload: soundPayloads[codec], sampleRate, frameMs, framesPerPacket: packetMsOf(request) / frameMs, constantBitrate });
    this.#lease = this.#open();
    this.#reader = this.#read();
    this.#timer = setInterval(() => this.#reconsider(), lookEveryMs);
  }

  status(): LiveSoundStatus {
    const { camera, transport } = this.#options;
    return { stream: this.#stream, rendition: liveSoundKey(this.#settings), muted: camera.microphone.muted, packets: transport.statistics.packets };
  }

  report(nowMs: number): void {
    this.#sender.report(nowMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#sender[Symbol.dispose]();
    this.#reader[Symbol.dispose]();
    this.#lease[Symbol.dispose]();
  }

  #reconsider(): void {
    const stream = this.#heard(this.#stream);
    const settings = this.#wanted();
    if (stream === this.#stream && liveSoundKey(settings) === liveSoundKey(this.#settings)) {
      return;
    }
    this.#reader[Symbol.dispose]();
    this.#lease[Symbol.dispose]();
    this.#stream = stream;
    this.#settings = settings;
    this.#lease = this.#open();
    this.#reader = this.#read();
  }

  /** The stream that is shown, unless only the other one has sound now. */
  #heard(before: 'main' | 'sub'): 'main' | 'sub' {
    const { camera, shown } = this.#options;
    const wanted = shown() ?? before;
    const other = camera.streams.find(({ name }) => name !== wanted);
    return camera.stream(wanted).audio.format === undefined && other?.audio.format !== undefined ? other.name : wanted;
  }

  #wanted(): LiveSoundSettings {
    const { camera, request } = this.#options;
    return liveSoundSettings(request, camera.config, camera.microphone.volume);
  }

  #open(): SoundLease {
    return this.#options.camera.video(this.#stream).sounds.lease(this.#settings, 'live view');
  }

  /** From now on; the past is seen quickly, but cannot be heard so. */
  #read(): AudioReader {
    return this.#lease.sound.read(performance.now(), () => this.#take());
  }

  #take(): void {
    for (let packet = this.#reader.next(); packet; packet = this.#reader.next()) {
      if (!this.#options.camera.microphone.muted) {
        this.#sender.add(packet);
      }
    }
  }
}
