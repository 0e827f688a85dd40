import type { RtspResponse } from '../media/rtsp-message.js';
import { microphoneOf, parseSdp, type Microphone } from '../media/sdp.js';
import { treatDescription, type CameraQuirk } from '../policy/camera-quirks.js';
import { askToDescribe, requestDescription } from './rtsp/request-description.js';
import type { RtspClient, RtspClientOptions } from './rtsp/rtsp-client.js';
import { knowsNoBackchannel, readFinding, type BackchannelFinding } from './talkback/find-backchannel.js';

/** What a camera says of its sound, both ways. */
export interface StreamDescription {
  readonly microphone: Microphone;
  readonly speaker: BackchannelFinding;
  /** What of its description is not believed. */
  readonly quirk?: CameraQuirk | undefined;
}

/**
 * Asks a camera with an RTSP address what sound it has; a connection of its own, and no session. Two round trips, one more for a
 * login, and one more for a camera that knows no backchannel.
 * @throws Problem `talkback-unreachable` or `talkback-refused`: then nothing was found out.
 */
export async function describeStream(options: Omit<RtspClientOptions, 'onClosed'>): Promise<StreamDescription> {
  const { client, response } = await requestDescription(options);
  using _connection = client;
  const speaker = readFinding(response, client.url);
  const heard = knowsNoBackchannel(response) ? await describedWithoutSpeaker(client, options.signal) : microphoneIn(response);
  return { ...heard, speaker };
}

type DescribedMicrophone = Pick<StreamDescription, 'microphone' | 'quirk'>;

/** Nothing is known of the microphone of a camera that takes the first question amiss; of its speaker there is. */
async function describedWithoutSpeaker(client: RtspClient, signal: AbortSignal | undefined): Promise<DescribedMicrophone> {
  try {
    return microphoneIn(await askToDescribe(client));
  } catch {
    signal?.throwIfAborted();
    return { microphone: { kind: 'unknown' } };
  }
}

function microphoneIn({ status, body }: RtspResponse): DescribedMicrophone {
  if (status !== 200) {
    return { microphone: { kind: 'unknown' } };
  }
  const { description, quirk } = treatDescription(parseSdp(Buffer.from(body).toString('utf8')));
  return { microphone: microphoneOf(description), quirk };
}
