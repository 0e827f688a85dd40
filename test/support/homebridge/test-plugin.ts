import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `writeTestPlugin`'s platform (alias `TestCamera`) understands. */
export interface TestCameraConfig extends Readonly<Record<string, unknown>> {
  readonly cameras: readonly string[];
  /** Those of them that have no sound; the others offer what Apple devices take, and send back what is said to them. */
  readonly mute?: readonly string[];
  readonly ffmpegPath: string;
  /** Where `node_modules/werift-rtp` is, to read what the controller sends back. */
  readonly root: string;
}

/**
 * Writes the smallest camera plugin that streams: FFmpeg sends SRTP by itself, one FFmpeg for each view and picture.
 * It proves the harness without our own plugin, and says in its log what it gets back over RTCP. Returns its folder.
 */
export function writeTestPlugin(folder: string): string {
  const plugin = join(folder, 'homebridge-test-camera');
  mkdirSync(plugin, { recursive: true });
  const engines = { homebridge: '^1.8.0 || ^2.0.0', node: '>=20' };
  writeFileSync(join(plugin, 'package.json'), JSON.stringify({ name: 'homebridge-test-camera', version: '1.0.0', main: 'index.cjs', keywords: ['homebridge-plugin'], engines }));
  writeFileSync(join(plugin, 'index.cjs'), source);
  return plugin;
}

const source = `
const { spawn, execFile } = require('node:child_process');
const { createSocket } = require('node:dgram');
const { createRequire } = require('node:module');
const { randomInt } = require('node:crypto');

class Delegate {
  constructor(hap, log, config, mute) {
    Object.assign(this, { hap, log, config, mute, sessions: new Map() });
    this.werift = createRequire(config.root + '/package.json')('werift-rtp');
  }

  handleSnapshotRequest(request, callback) {
    this.log('snapshot ' + JSON.stringify(request));
    const source = 'testsrc2=size=' + request.width + 'x' + request.height;
    const args = ['-v', 'error', '-f', 'lavfi', '-i', source, '-frames:v', '1', '-f', 'mjpeg', 'pipe:1'];
    execFile(this.config.ffmpegPath, args, { encoding: 'buffer', maxBuffer: 1 << 24 }, (error, stdout) => callback(error ?? undefined, stdout));
  }

  prepareStream(request, callback) {
    const socket = createSocket(request.addressVersion === 'ipv6' ? 'udp6' : 'udp4');
    const ssrc = randomInt(1, 2 ** 31);
    const { port, srtp_key, srtp_salt } = request.video;
    const keys = { localMasterKey: srtp_key, localMasterSalt: srtp_salt, remoteMasterKey: srtp_key, remoteMasterSalt: srtp_salt };
    const srtcp = new this.werift.SrtcpSession({ keys, profile: 1 });
    socket.on('message', (packet) => {
      for (const rtcp of this.werift.RtcpPacketConverter.deSerialize(srtcp.decrypt(packet))) {
        this.log('rtcp ' + rtcp.constructor.name + ' ' + JSON.stringify(rtcp.feedback ?? rtcp.reports ?? {}));
      }
    });
    const echo = this.echo(request);
    socket.bind(0, () => echo.socket.bind(0, () => {
      this.sessions.set(request.sessionID, { socket, echo, request, ssrc });
      const audio = { port: echo.socket.address().port, ssrc: echo.ssrc, srtp_key: request.audio.srtp_key, srtp_salt: request.audio.srtp_salt };
      callback(undefined, { video: { port: socket.address().port, ssrc, srtp_key, srtp_salt }, ...(this.mute ? {} : { audio }) });
    }));
  }

  echo({ audio: { port, srtp_key, srtp_salt }, targetAddress, addressVersion }) {
    const { SrtpSession, SrtcpSession, RtpPacket } = this.werift;
    const socket = createSocket(addressVersion === 'ipv6' ? 'udp6' : 'udp4');
    const ssrc = randomInt(1, 2 ** 31);
    const keys = { localMasterKey: srtp_key, localMasterSalt: srtp_salt, remoteMasterKey: srtp_key, remoteMasterSalt: srtp_salt };
    const [heard, said, reported] = [new SrtpSession({ keys, profile: 1 }), new SrtpSession({ keys, profile: 1 }), new SrtcpSession({ keys, profile: 1 })];
    let from;
    socket.on('message', (packet) => {
      if (packet[1] >= 192 && packet[1] <= 223) {
        this.log('audio rtcp of ' + reported.decrypt(packet).readUInt32BE(4));
        return;
      }
      const { header, payload } = RtpPacket.deSerialize(heard.decrypt(packet));
      if (from !== header.ssrc) {
        from = header.ssrc;
        this.log('said by ' + from + ' as ' + header.payloadType);
      }
      header.ssrc = ssrc;
      socket.send(said.encrypt(payload, header), port, targetAddress);
    });
    return { socket, ssrc };
  }

  handleStreamRequest(request, callback) {
    this.log(request.type + ' ' + JSON.stringify(request.video ?? {}) + ' ' + JSON.stringify(request.audio ?? {}));
    const session = this.sessions.get(request.sessionID);
    if (request.type === 'start') {
      this.start(session, request.video);
    } else if (request.type === 'stop' && session) {
      session.ffmpeg?.kill('SIGTERM');
      session.socket.close();
      session.echo.socket.close();
      this.sessions.delete(request.sessionID);
    }
    callback();
  }

  start(session, video) {
    const { targetAddress, addressVersion, video: { port, srtp_key, srtp_salt } } = session.request;
    const host = addressVersion === 'ipv6' ? '[' + targetAddress + ']' : targetAddress;
    const args = ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=' + video.width + 'x' + video.height + ':rate=' + video.fps,
      '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-bf', '0', '-pix_fmt', 'yuv420p', '-g', String(video.fps), '-b:v', video.max_bit_rate + 'k',
      '-payload_type', String(video.pt), '-ssrc', String(session.ssrc), '-f', 'rtp', '-srtp_out_suite', 'AES_CM_128_HMAC_SHA1_80',
      '-srtp_out_params', Buffer.concat([srtp_key, srtp_salt]).toString('base64'),
      'srtp://' + host + ':' + port + '?rtcpport=' + port + '&pkt_size=' + Math.min(video.mtu, 1200)];
    session.ffmpeg = spawn(this.config.ffmpegPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    session.ffmpeg.stderr.on('data', (text) => this.log('ffmpeg ' + text));
  }
}

module.exports = (api) => {
  const { hap } = api;
  api.registerPlatform('TestCamera', class {
    constructor(log, config) {
      api.on('didFinishLaunching', () => api.publishExternalAccessories('homebridge-test-camera', config.cameras.map((name) => {
        const accessory = new api.platformAccessory(name, hap.uuid.generate('test-camera-' + name), hap.Categories.IP_CAMERA);
        const mute = (config.mute ?? []).includes(name);
        const delegate = new Delegate(hap, (text) => log.info(text), config, mute);
        accessory.configureController(new hap.CameraController({
          cameraStreamCount: 2,
          delegate,
          streamingOptions: {
            supportedCryptoSuites: [0],
            video: { resolutions: [[1920, 1080, 30], [1280, 720, 30], [640, 360, 30], [320, 240, 15]], codec: { profiles: [0, 1, 2], levels: [0, 1, 2] } },
            ...(mute ? {} : { audio: { twoWayAudio: true, codecs: [{ type: 'AAC-eld', samplerate: 16, bitrate: 1 }, { type: 'OPUS', samplerate: [16, 24] }] } }),
          },
        }));
        return accessory;
      })));
    }
    configureAccessory() {}
  });
};
`;
