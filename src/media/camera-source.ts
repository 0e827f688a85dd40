import { percentDecoded } from '../percent-decoded.js';
import { FormatError } from './format-error.js';

/** How an RTSP camera's packets travel. 'http': inside HTTP, through what lets nothing else pass. */
export type RtspTransport = 'tcp' | 'udp' | 'http';

/** What stands in a camera's option "source", understood. */
export type CameraSource =
  /** rtsp:// or rtsps://. All addresses have their credentials in them. */
  | { readonly kind: 'rtsp'; readonly url: string; readonly transport: RtspTransport }
  /** The login in it is not percent-encoded: FFmpeg's RTMP sends it as it stands there (5.1 and 7.0). */
  | { readonly kind: 'rtmp'; readonly url: string }
  | { readonly kind: 'srt'; readonly url: string }
  /** What is sent there, a stream of any kind or one picture, shows when it is asked. */
  | { readonly kind: 'http'; readonly url: string }
  /** A device of this machine, by its name or its path. */
  | { readonly kind: 'usb'; readonly device: string }
  | ({ readonly kind: 'test' } & TestPattern)
  /** FFmpeg's own arguments for its inputs. */
  | { readonly kind: 'arguments'; readonly arguments: readonly string[] };

/** In pixels, and pictures a second. */
export interface TestPattern {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

export interface SourceLogin {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** What can be written there, for people; completes "allowed is ...". */
export const sourceForms =
  'an address that starts with rtsp://, rtsps://, rtmp://, rtmps://, http://, https:// or srt:// (special characters of a password are written as codes, @ is %40, / is %2F, # is %23, or the password in "password"), "usb:" and the name of a USB camera, "test:", or "ffmpeg:" and a list of arguments in [ ]';

const defaultPattern: TestPattern = { width: 1280, height: 720, fps: 30 };
const patternLimits = { leastSide: 128, mostSide: 3_840, mostFps: 60 } as const;

const kindsByScheme: Readonly<Record<string, 'rtsp' | 'rtmp' | 'http' | 'srt'>> = { rtsp: 'rtsp', rtsps: 'rtsp', rtmp: 'rtmp', rtmps: 'rtmp', http: 'http', https: 'http', srt: 'srt' };

/**
 * @param transport of an RTSP camera.
 * @throws FormatError where it is none of `sourceForms`.
 */
export function parseCameraSource(text: string, transport: RtspTransport = 'tcp'): CameraSource {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/is.exec(text.trim()) ?? [];
  switch (scheme.toLowerCase()) {
    case 'usb':
      return { kind: 'usb', device: named(rest) };
    case 'test':
      return { kind: 'test', ...parsePattern(rest) };
    case 'ffmpeg':
      return { kind: 'arguments', arguments: parseArguments(rest) };
    default:
      return addressed(scheme.toLowerCase(), text.trim(), transport);
  }
}

/** The same where it may be none; undefined then. */
export function knownSource(text: string): CameraSource | undefined {
  const source = sourceOrWhy(text);
  return typeof source === 'string' ? undefined : source;
}

/** Why a text is no source; undefined where it is one. */
export function whyNoSource(text: string): string | undefined {
  const source = sourceOrWhy(text);
  return typeof source === 'string' ? source : undefined;
}

/** An address of the network around its login: that ends with the last @ in front of the path. */
export interface AddressParts {
  /** 'rtsp://' */
  readonly start: string;
  /** As it is written; undefined where there is none. */
  readonly login: string | undefined;
  /** From the host on. */
  readonly rest: string;
}

/** Undefined where it is none of the network. */
export function splitLogin(text: string): AddressParts | undefined {
  const [, start, login, rest] = /^([a-z]+:\/\/)(?:([^/?#]*)@)?(.*)$/is.exec(text.trim()) ?? [];
  return start === undefined || rest === undefined ? undefined : { start, login, rest };
}

/** The address with the login in it, percent-encoded; as it is where it has one of its own, or is none of the network. */
export function withLogin(text: string, options: SourceLogin): string {
  const parts = splitLogin(text);
  const login = parts && mergedLogin(parts.login, options);
  return login === undefined ? text : `${parts?.start ?? ''}${login}@${parts?.rest ?? ''}`;
}

/** @param own of the address: only what it lacks is added. @returns undefined where nothing is. */
function mergedLogin(own: string | undefined, { username, password }: SourceLogin): string | undefined {
  if (own === undefined) {
    return username === undefined && password === undefined ? undefined : `${encodeURIComponent(username ?? '')}${password === undefined ? '' : `:${encodeURIComponent(password)}`}`;
  }
  const lacksPassword = password !== undefined && !own.includes(':') && (username === undefined || username === percentDecoded(own));
  return lacksPassword ? `${own}:${encodeURIComponent(password)}` : undefined;
}

function sourceOrWhy(text: string): CameraSource | string {
  try {
    return parseCameraSource(text);
  } catch (error) {
    if (error instanceof FormatError) {
      return error.message;
    }
    throw error;
  }
}

function addressed(scheme: string, url: string, transport: RtspTransport): CameraSource {
  const kind = kindsByScheme[scheme];
  // No host means that the password broke the address.
  if (kind === undefined || /\s/.test(url) || !/^:\/\/[^/?#]/.test(url.slice(scheme.length)) || !URL.canParse(url) || new URL(url).hostname === '') {
    throw new FormatError('not the address of a stream');
  }
  return kind === 'rtsp' ? { kind, url, transport } : { kind, url: kind === 'rtmp' ? withBareLogin(url) : url };
}

/** Codes in the login decoded, unless that would break the address. */
function withBareLogin(url: string): string {
  const { start, login, rest } = splitLogin(url) ?? {};
  if (start === undefined || rest === undefined || login === undefined) {
    return url;
  }
  const [user = '', ...others] = login.split(':').map(percentDecoded);
  const bare = [user, ...others].join(':');
  return user.includes(':') || /[/?#]/.test(bare) ? url : `${start}${bare}@${rest}`;
}

function named(rest: string): string {
  const device = rest.trim();
  if (device === '') {
    throw new FormatError('"usb:" without the name of a device');
  }
  return device;
}

/** '', '1920x1080' or '1920x1080/15'. */
function parsePattern(rest: string): TestPattern {
  if (rest.trim() === '') {
    return defaultPattern;
  }
  const [, width, height, fps = defaultPattern.fps] = /^(\d{3,4})x(\d{3,4})(?:\/(\d{1,2}))?$/.exec(rest.trim()) ?? [];
  const pattern = { width: Number(width), height: Number(height), fps: Number(fps) };
  const isSide = (side: number): boolean => side >= patternLimits.leastSide && side <= patternLimits.mostSide && side % 2 === 0;
  if (!isSide(pattern.width) || !isSide(pattern.height) || pattern.fps < 1 || pattern.fps > patternLimits.mostFps) {
    throw new FormatError('a test picture is written test:1280x720/30: even numbers of pixels from 128 to 3840, 1 to 60 pictures a second');
  }
  return pattern;
}

function parseArguments(rest: string): readonly string[] {
  let list: unknown;
  try {
    list = JSON.parse(rest);
  } catch {
    throw new FormatError('the list behind "ffmpeg:" is not valid JSON');
  }
  if (!Array.isArray(list) || !list.every((each) => typeof each === 'string')) {
    throw new FormatError('behind "ffmpeg:" stands a list of texts, such as ["-f","v4l2","-i","/dev/video0"]');
  }
  if (!list.slice(0, -1).includes('-i')) {
    throw new FormatError('the list behind "ffmpeg:" has no "-i"');
  }
  return list;
}
