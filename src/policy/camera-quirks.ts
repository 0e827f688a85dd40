import type { CameraSource, RtspTransport } from '../media/camera-source.js';
import type { SessionDescription } from '../media/sdp.js';
import type { PictureKnowledge } from './picture-choice.js';

/**
 * Cameras and servers that need something of their own. Each is known from several reports of people who have one, but for `go2rtc-options`
 * (go2rtc's documentation) and `wrong-directions` (go2rtc's source). The remedy was tried with a simulated one only, as none of these cameras
 * was at hand. Pure.
 */
export interface CameraQuirk {
  readonly id: string;
  /** What it is known by. */
  readonly sign: QuirkSign;
  readonly does: QuirkRemedy;
  /** One line; completes "<camera>: ". */
  readonly says: string;
}

export type QuirkSign =
  /** The address as it was written. */
  | { readonly in: 'address'; readonly matches: RegExp }
  /** What FFmpeg says when it is refused. */
  | { readonly in: 'refusal'; readonly matches: RegExp }
  /** Who says that he has made the session description (RFC 8866 5.2). */
  | { readonly in: 'origin'; readonly matches: RegExp };

export type QuirkRemedy =
  /** What `cut` matches is taken out of the address, or `by` takes its place. */
  | { readonly kind: 'address'; readonly cut: RegExp; readonly by: string }
  /** Its pictures get the times at which they come. */
  | { readonly kind: 'arrival' }
  /** FFmpeg looks longer for its parameter sets. */
  | { readonly kind: 'patience' }
  /** UDP where TCP was to be used, and TCP where UDP was. */
  | { readonly kind: 'otherTransport' }
  /** What it says about who hears whom is not believed. */
  | { readonly kind: 'directions' };

export const noSuchTransport: CameraQuirk = {
  id: 'no-such-transport',
  sign: { in: 'refusal', matches: /method SETUP failed: 4(?:61|06)/i },
  does: { kind: 'otherTransport' },
  says: 'the camera refuses this "transport", so that the other of TCP and UDP is used',
};

export const cameraQuirks: readonly CameraQuirk[] = [
  {
    id: 'unifi-srtp',
    sign: { in: 'address', matches: /^rtsps:\/\/[^?#]*\?(?:[^#]*&)?enableSrtp\b/i },
    does: { kind: 'address', cut: /(\?|&)enableSrtp(?:=[^&#]*)?(?:&|(?=#|$))/i, by: '$1' },
    says: 'UniFi Protect is asked without "enableSrtp": FFmpeg cannot read what is encrypted twice, and RTSPS is encrypted as it is',
  },
  {
    id: 'go2rtc-options',
    sign: { in: 'address', matches: /^rtsps?:\/\/[^#]*#(?:backchannel|media|timeout|transport|video|audio)=/i },
    does: { kind: 'address', cut: /#.*$/, by: '' },
    says: 'what stands behind # in the address is meant for go2rtc, and is left out',
  },
  {
    id: 'reolink-rtmp',
    sign: { in: 'address', matches: /^rtmps?:\/\/[^?#]*\/bcs\/channel\d+_\w+\.bcs/i },
    does: { kind: 'arrival' },
    says: 'Reolink cameras send wrong times by RTMP, so that their pictures get the times at which they come; RTSP or HTTP-FLV is better',
  },
  {
    id: 'reolink-http-flv',
    sign: { in: 'address', matches: /^https?:\/\/[^?#]*\/flv\?(?:[^#]*&)?app=bcs\b/i },
    does: { kind: 'patience' },
    says: 'Reolink cameras may begin to send by HTTP-FLV long before a picture that says its size, so that FFmpeg looks longer for it',
  },
  noSuchTransport,
  {
    id: 'wrong-directions',
    sign: { in: 'origin', matches: /^CV-RTSPHandler$/ },
    does: { kind: 'directions' },
    says: 'cameras with this software take their microphone for a speaker in what they say of themselves, so that it is heard all the same, and nobody can talk to them',
  },
];

/** A source as it is opened, what is known of its picture from the outset, and why. */
export interface TreatedSource {
  readonly source: CameraSource;
  readonly begin: Partial<Pick<PictureKnowledge, 'patient' | 'times'>>;
  readonly quirks: readonly CameraQuirk[];
}

export function treatSource(source: CameraSource): TreatedSource {
  if (!('url' in source)) {
    return { source, begin: {}, quirks: [] };
  }
  const quirks = quirksOfAddress(source.url);
  const has = (kind: QuirkRemedy['kind']): boolean => quirks.some(({ does }) => does.kind === kind);
  return { source: { ...source, url: treatAddress(source.url) }, begin: { ...(has('patience') && { patient: true }), ...(has('arrival') && { times: 'arrival' }) }, quirks };
}

/** The address that a camera is asked at. */
export function treatAddress(url: string): string {
  return quirksOfAddress(url).reduce((rest, { does }) => (does.kind === 'address' ? rest.replace(does.cut, does.by).replace(/[?&]$/, '') : rest), url);
}

/** What is to be done about what FFmpeg was refused with. */
export function quirkOfRefusal(said: string): CameraQuirk | undefined {
  return cameraQuirks.find(({ sign }) => sign.in === 'refusal' && sign.matches.test(said));
}

/** A session description as far as it can be believed. */
export function treatDescription(description: SessionDescription): { readonly description: SessionDescription; readonly quirk: CameraQuirk | undefined } {
  const quirk = cameraQuirks.find(({ sign }) => sign.in === 'origin' && sign.matches.test(description.origin ?? ''));
  return { description: quirk ? { ...description, media: description.media.map((section) => ({ ...section, direction: undefined })) } : description, quirk };
}

/** Inside HTTP there is no other. */
export function otherTransport(transport: RtspTransport): RtspTransport {
  return transport === 'tcp' ? 'udp' : transport === 'udp' ? 'tcp' : transport;
}

function quirksOfAddress(url: string): readonly CameraQuirk[] {
  return cameraQuirks.filter(({ sign }) => sign.in === 'address' && sign.matches.test(url));
}
