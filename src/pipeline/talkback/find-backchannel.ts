import { headerOf, type RtspResponse } from '../../media/rtsp-message.js';
import { backchannelOf, controlBase, parseSdp, sessionControl } from '../../media/sdp.js';
import { chooseTalkFormat, type TalkFormat } from '../../policy/talk-format.js';
import { isRtsp, redirected } from './rtsp-address.js';
import { refusal } from './refusal.js';
import { RtspClient, type RtspClientOptions } from './rtsp-client.js';

/** ONVIF Streaming 5.3.1: each request that is about the backchannel has it. */
export const requireBackchannel = { Require: 'www.onvif.org/ver20/backchannel' } as const;

/** What a camera says of its speaker. */
export type BackchannelFinding =
  | {
      readonly kind: 'offered';
      readonly format: TalkFormat;
      /** The address of the session, for PLAY and TEARDOWN. */
      readonly sessionUrl: string;
      readonly because: string;
    }
  /** It has one that takes nothing that can be sent. */
  | { readonly kind: 'unsupported'; readonly because: string }
  | { readonly kind: 'none'; readonly because: string };

/** Statuses with which cameras say that they do not know what is required; RFC 2326 12.32 wants 551. */
const unknownRequirement: ReadonlySet<number> = new Set([400, 501, 551]);
const redirections: ReadonlySet<number> = new Set([301, 302]);

/**
 * Asks a camera once whether it can be talked to; a connection of its own, and no session.
 * @throws Problem `talkback-unreachable` or `talkback-refused`: then nothing was found out.
 */
export async function findBackchannel(options: Omit<RtspClientOptions, 'onClosed'>): Promise<BackchannelFinding> {
  if (!isRtsp(options.url)) {
    return { kind: 'none', because: 'only a camera with an RTSP address has a backchannel' };
  }
  const { client, finding } = await describeSpeaker(options);
  client[Symbol.dispose]();
  return finding;
}

/** The same, with the connection, which the caller ends. */
export async function describeSpeaker(options: RtspClientOptions, redirects = 1): Promise<{ readonly client: RtspClient; readonly finding: BackchannelFinding }> {
  const client = await RtspClient.connect(options);
  try {
    const response = await client.request({ method: 'DESCRIBE', url: client.url, headers: { Accept: 'application/sdp', ...requireBackchannel } });
    const elsewhere = redirections.has(response.status) && redirects > 0 ? redirected(options.url, headerOf(response.headers, 'location') ?? '') : undefined;
    if (elsewhere === undefined) {
      return { client, finding: readFinding(response, client.url) };
    }
    client[Symbol.dispose]();
    return await describeSpeaker({ ...options, url: elsewhere }, redirects - 1);
  } catch (error) {
    client[Symbol.dispose]();
    throw error;
  }
}

function readFinding({ status, headers, body }: RtspResponse, requestUrl: string): BackchannelFinding {
  if (unknownRequirement.has(status)) {
    return { kind: 'none', because: `the camera knows no backchannel (${status})` };
  }
  if (status !== 200) {
    throw refusal(status);
  }
  const description = parseSdp(Buffer.from(body).toString('utf8'));
  const base = controlBase([headerOf(headers, 'content-base'), headerOf(headers, 'content-location')], requestUrl);
  const offer = backchannelOf(description, base);
  if (!offer) {
    return { kind: 'none', because: 'the camera describes no speaker' };
  }
  const choice = chooseTalkFormat(offer);
  return choice.kind === 'unsupported' ? choice : { kind: 'offered', format: choice.format, sessionUrl: sessionControl(description, base), because: choice.because };
}
