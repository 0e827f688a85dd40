import type { CameraSource } from '../media/camera-source.js';
import { addressIn } from '../media/source-secrets.js';

/** What an FFmpeg must have been built with to open a source, by FFmpeg's own names. */
export interface InputNeed {
  readonly kind: 'protocol' | 'demuxer';
  readonly name: string;
}

/** For people. */
export function nameOfNeed({ kind, name }: InputNeed): string {
  return kind === 'protocol' ? `the protocol "${name}"` : `the input format "${name}"`;
}

const captureFormats: Partial<Record<NodeJS.Platform, string>> = { linux: 'v4l2', darwin: 'avfoundation', win32: 'dshow' };

/** Those that are not in every FFmpeg; some builds have no TLS, no SRT, or no capture devices. Of HTTP none: much of it is read without FFmpeg. */
export function inputNeeds(source: CameraSource): InputNeed[] {
  switch (source.kind) {
    case 'rtsp':
      return /^rtsps:/i.test(source.url) ? [protocol('tls')] : [];
    case 'rtmp':
    case 'srt':
      return [protocol(source.url.split(':', 1)[0] ?? '')];
    case 'usb': {
      const format = captureFormats[process.platform];
      return format === undefined ? [] : [{ kind: 'demuxer', name: format }];
    }
    case 'http':
      return [];
    case 'test':
      return [{ kind: 'demuxer', name: 'lavfi' }];
    case 'arguments':
      return needsOfArguments(source.arguments);
  }
}

/** Of a stream of HTTP that FFmpeg reads itself. @param url of http or https */
export function httpNeeds(url: string): InputNeed[] {
  return [protocol(url.split(':', 1)[0] ?? '')];
}

function needsOfArguments(list: readonly string[]): InputNeed[] {
  return list.flatMap((argument, index): InputNeed[] => {
    const option = list[index - 1];
    const scheme = option === '-i' ? addressIn(argument)?.split(':', 1)[0] : undefined;
    if (scheme !== undefined) {
      // RTSP is an input format that no build leaves out alone.
      return /^rtsps?$/i.test(scheme) ? [] : [protocol(scheme)];
    }
    return option === '-f' ? [{ kind: 'demuxer', name: argument }] : [];
  });
}

function protocol(name: string): InputNeed {
  return { kind: 'protocol', name: name.toLowerCase() };
}
