import { headerOf, type RtspResponse } from '../../media/rtsp-message.js';
import { backchannelOf, controlBase, parseSdp, sessionControl } from '../../media/sdp.js';
import { treatDescription } from '../../policy/camera-quirks.js';
import { chooseTalkFormat, type TalkFormat } from '../../policy/talk-format.js';
import { refusal } from '../rtsp/refusal.js';
import { requestDescription } from '../rtsp/request-description.js';
import { isRtsp } from '../rtsp/rtsp-address.js';
import type { RtspClient, RtspClientOptions } from '../rtsp/rtsp-client.js';

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
export async function describeSpeaker(options: RtspClientOptions): Promise<{ readonly client: RtspClient; readonly finding: BackchannelFinding }> {
  const { client, response } = await requestDescription(options);
  try {
    return { client, finding: readFinding(response, client.url) };
  } catch (error) {
    client[Symbol.dispose]();
    throw error;
  }
}

/** Whether a camera refuses to describe itself to who requires a backchannel, and may do so to others. */
export function knowsNoBackchannel({ status }: RtspResponse): boolean {
  return unknownRequirement.has(status);
}

/**
 * The speaker in the answer to a DESCRIBE that requires the backchannel.
 * @throws Problem `talkback-refused`.
 */
export function readFinding(response: RtspResponse, requestUrl: string): BackchannelFinding {
  const { status, headers, body } = response;
  if (knowsNoBackchannel(response)) {
    return { kind: 'none', because: `the camera knows no backchannel (${status})` };
  }
  if (status !== 200) {
    throw refusal(status);
  }
  const { description } = treatDescription(parseSdp(Buffer.from(body).toString('utf8')));
  const base = controlBase([headerOf(headers, 'content-base'), headerOf(headers, 'content-location')], requestUrl);
  const offer = backchannelOf(description, base);
  if (!offer) {
    return { kind: 'none', because: 'the camera describes no speaker' };
  }
  const choice = chooseTalkFormat(offer);
  return choice.kind === 'unsupported' ? choice : { kind: 'offered', format: choice.format, sessionUrl: sessionControl(description, base), because: choice.because };
}
