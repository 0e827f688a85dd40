import type { RtpCapture } from './rtp-capture.js';

/** One RTP packet on its way, counted from 0; `picture` counts the markers before it. */
export interface PacketOnTheWay {
  readonly number: number;
  readonly picture: number;
  readonly marker: boolean;
}

/** What a network has carried and lost. */
export interface NetworkCount {
  sent: number;
  lost: number;
}

/** Makes the network before `capture` lose the RTP packets for which `loses` is true; RTCP always arrives. */
export function loseRtp(capture: RtpCapture, loses: (packet: PacketOnTheWay) => boolean): NetworkCount {
  const count: NetworkCount = { sent: 0, lost: 0 };
  let picture = 0;
  capture.loseWhen = (data) => {
    const second = data[1] ?? 0;
    if (second >= 192 && second <= 223) {
      return false;
    }
    const marker = second >= 128;
    const lost = loses({ number: count.sent, picture, marker });
    count.sent += 1;
    count.lost += lost ? 1 : 0;
    picture += marker ? 1 : 0;
    return lost;
  };
  return count;
}
