import type { AudioPacket } from '../../media/audio-packet.js';
import type { Camera } from '../../pipeline/camera.js';
import type { AudioReader } from '../../pipeline/sound/audio-stream.js';
import { isSilent } from '../../pipeline/sound/loudness.js';
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

/** Where sound comes from. Gives its leases back when it is disposed. */
interface Source extends Disposable {
  /** The same for the same sound. */
  readonly key: string;
  readonly stream: 'main' | 'sub';
  readonly settings: LiveSoundSettings;
  readonly reader: AudioReader;
}

/** What one viewer hears: the sound of the stream that it sees. It has nothing to do with whether pictures come. */
export class LiveSound implements Disposable {
  readonly #options: LiveSoundOptions;
  readonly #sender: SoundSender;
  readonly #timer: NodeJS.Timeout;
  #source: Source;
  /** Takes over as soon as there is something to hear of it. */
  #next: Source | undefined;
  /** What begins before was sent already. */
  #skipBeforeMs = -Infinity;
  /** Where the newest sound that was sent ends. */
  #reachedMs = -Infinity;

  constructor(options: LiveSoundOptions) {
    const { request, transport, payloadType } = options;
    this.#options = options;
    const settings = this.#wanted();
    const { codec, frameMs, sampleRate, constantBitrate } = settings;
    this.#sender = new SoundSender({ transport, payloadType, payload: soundPayloads[codec], sampleRate, frameMs, framesPerPacket: packetMsOf(request) / frameMs, constantBitrate });
    this.#source = this.#open(this.#heard('main'), settings);
    this.#timer = setInterval(() => this.#reconsider(), lookEveryMs);
  }

  status(): LiveSoundStatus {
    const { camera, transport } = this.#options;
    const { stream, settings } = this.#source;
    return { stream, rendition: liveSoundKey(settings), muted: isSilent(camera.microphone), packets: transport.statistics.packets };
  }

  report(nowMs: number): void {
    this.#sender.report(nowMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#sender[Symbol.dispose]();
    this.#source[Symbol.dispose]();
    this.#next?.[Symbol.dispose]();
  }

  #reconsider(): void {
    const stream = this.#heard(this.#source.stream);
    const settings = this.#wanted();
    const key = keyOf(stream, settings);
    if (key === (this.#next ?? this.#source).key) {
      return;
    }
    this.#next?.[Symbol.dispose]();
    this.#next = key === this.#source.key ? undefined : this.#open(stream, settings);
  }

  /** The stream that is shown, unless it is known to have no sound and the other one has. */
  #heard(before: 'main' | 'sub'): 'main' | 'sub' {
    const { camera, shown } = this.#options;
    const wanted = camera.stream(shown() ?? before);
    const other = camera.streams.find((stream) => stream !== wanted);
    if (!other || wanted.audio.format !== undefined || wanted.hasSound !== false) {
      return wanted.name;
    }
    if (other.hasSound === undefined) {
      void other.findOutSound(); // Looked at again soon.
    }
    return other.hasSound === true ? other.name : wanted.name;
  }

  #wanted(): LiveSoundSettings {
    const { camera, request } = this.#options;
    return liveSoundSettings(request, camera.config, camera.microphone.volume);
  }

  /** From now on; the past is seen quickly, but cannot be heard so. A stream that is not shown is connected for its sound. */
  #open(stream: 'main' | 'sub', settings: LiveSoundSettings): Source {
    const { camera, shown } = this.#options;
    const video = camera.video(stream);
    const connected = stream === shown() ? undefined : video.stream.lease({ holder: 'live sound' });
    const lease = video.sounds.lease(settings, 'live view');
    const reader = lease.sound.read(performance.now(), () => this.#take());
    return { key: keyOf(stream, settings), stream, settings, reader, [Symbol.dispose]: () => [reader, lease, connected].forEach((each) => each?.[Symbol.dispose]()) };
  }

  /** The old sound goes on until there is new one; what was sent already is not sent again. */
  #take(): void {
    const first = this.#next?.reader.next();
    if (this.#next && first) {
      this.#source[Symbol.dispose]();
      this.#source = this.#next;
      this.#next = undefined;
      this.#skipBeforeMs = this.#reachedMs;
      this.#pass(first);
    }
    for (let packet = this.#source.reader.next(); packet; packet = this.#source.reader.next()) {
      this.#pass(packet);
    }
  }

  #pass(packet: AudioPacket): void {
    if (isSilent(this.#options.camera.microphone)) {
      this.#sender.drop();
    } else if (packet.timeMs + packet.durationMs / 2 > this.#skipBeforeMs) {
      this.#sender.add(packet);
      this.#reachedMs = packet.timeMs + packet.durationMs;
    }
  }
}

function keyOf(stream: 'main' | 'sub', settings: LiveSoundSettings): string {
  return `${stream} ${liveSoundKey(settings)}`;
}
