import { createHash } from 'node:crypto';
import { knownSource } from '../media/camera-source.js';
import { looksLikeKey, namesSecret, openArguments } from '../media/source-secrets.js';

const defaultPorts: Readonly<Record<string, string>> = { 'rtsp:': '554', 'rtsps:': '322', 'rtmp:': '1935', 'rtmps:': '443' };

/** Secrets within a path, as in `/user=admin_password=abc_channel=1_stream=0.sdp`: up to the next `_word=`. */
const secretInPath = /(^|[/_;,])(user(?:name)?|usr|pass(?:word|wd)?|pwd|psw|token)=.*?(?=_[a-z]+=|[/;,]|$)/gi;

/** What stands behind the application of an RTMP server is its stream's key, unless it is a file, as with Reolink. */
const streamFile = /\.(?:bcs|flv|sdp|stream|mp4)$/i;
/** And of its query only numbers, as of a channel, are surely none. */
const shortNumber = /=\d{1,3}$/;

/**
 * What remains of a camera's source when its password changes. Of an address: scheme and host in lower case, port unless it is the
 * usual one, path and query without user, password, token and the like. May be written to a file.
 */
export function sourceWithoutCredentials(source: string): string {
  const text = source.trim();
  const parsed = knownSource(text);
  switch (parsed?.kind) {
    case 'usb':
      return `usb:${parsed.device}`;
    case 'test':
      return `test:${parsed.width}x${parsed.height}/${parsed.fps}`;
    case 'arguments':
      return `ffmpeg:${digestOf(JSON.stringify(openArguments(parsed.arguments, addressWithoutCredentials)))}`;
    default:
      return addressWithoutCredentials(text);
  }
}

function addressWithoutCredentials(text: string): string {
  if (!URL.canParse(text)) {
    return digestOf(text);
  }
  const { protocol, hostname, port, pathname, search } = new URL(text);
  const host = hostname.toLowerCase() + (port === '' || port === defaultPorts[protocol] ? '' : `:${port}`);
  // An @ behind the host: either part of the path, or the password has a bare slash and this "host" is a piece of it. Nobody can tell.
  const authorityEnd = /^[^/]*\/\/[^/?#]*/.exec(text)?.[0].length ?? 0;
  if (text.slice(authorityEnd).includes('@')) {
    return `${protocol}//${digestOf(text)}`;
  }
  const isRtmp = protocol === 'rtmp:' || protocol === 'rtmps:';
  const query = search
    .slice(1)
    .split('&')
    .filter((parameter) => parameter !== '' && !namesSecret(parameter.split('=')[0] ?? '') && (!isRtmp || shortNumber.test(parameter)))
    .map((parameter) => parameter.replace(/[^=&]+$/, digestOfKey))
    .join('&');
  const parts = pathname.replace(secretInPath, '$1').split('/').map(digestOfKey);
  const path = (isRtmp ? parts.filter((part, index) => index < 2 || part.startsWith('sha256-') || streamFile.test(part)) : parts).join('/').replace(/\/+$/, '');
  return `${protocol}//${host}${path}${query === '' ? '' : `?${query}`}`;
}

/** Keys tell streams of one server apart, and are long enough that their digest tells nothing of them. */
function digestOfKey(word: string): string {
  return looksLikeKey(word) ? digestOf(word) : word;
}

/** Tells texts apart without giving anything of them away. */
function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}
