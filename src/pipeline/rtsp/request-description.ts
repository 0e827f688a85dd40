import { headerOf, type RtspResponse } from '../../media/rtsp-message.js';
import { redirected } from './rtsp-address.js';
import { RtspClient, type RtspClientOptions } from './rtsp-client.js';

/** ONVIF Streaming 5.3.1: each request that is about the backchannel has it. */
export const requireBackchannel = { Require: 'www.onvif.org/ver20/backchannel' } as const;

const redirections: ReadonlySet<number> = new Set([301, 302]);

/** What a camera answered; also a refusal. */
export interface DescriptionAnswer {
  /** The caller ends it. */
  readonly client: RtspClient;
  readonly response: RtspResponse;
}

/**
 * Connects with a camera and asks it to describe itself, speaker and all. Follows it once where it has moved.
 * @throws Problem `talkback-unreachable`.
 */
export async function requestDescription(options: RtspClientOptions, redirects = 1): Promise<DescriptionAnswer> {
  const client = await RtspClient.connect(options);
  try {
    const response = await askToDescribe(client, requireBackchannel);
    const elsewhere = redirections.has(response.status) && redirects > 0 ? redirected(options.url, headerOf(response.headers, 'location') ?? '') : undefined;
    if (elsewhere === undefined) {
      return { client, response };
    }
    client[Symbol.dispose]();
    return await requestDescription({ ...options, url: elsewhere }, redirects - 1);
  } catch (error) {
    client[Symbol.dispose]();
    throw error;
  }
}

/** Asks within the connection. Without `Require` a camera leaves its speaker out, and refuses nobody for asking. */
export function askToDescribe(client: RtspClient, headers: Readonly<Record<string, string>> = {}): Promise<RtspResponse> {
  return client.request({ method: 'DESCRIBE', url: client.url, headers: { Accept: 'application/sdp', ...headers } });
}
