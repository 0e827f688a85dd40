/** The camera's streams: `rtsp://…/main` and, where there is one, `rtsp://…/sub`. */
export type StreamName = 'main' | 'sub';

/** A number that goes up and down, with its history. */
export interface Gauge {
  readonly now: number;
  /** Highest value since the camera was made. */
  readonly highest: number;
  /** How often it went up. */
  readonly total: number;
}

/** What the camera has seen and sent since it was made; `stop()` and `start()` do not reset it. */
export interface CameraStatistics {
  /** TCP connections accepted, whatever came over them. */
  readonly connections: Gauge;
  /** TCP connections that reached PLAY and are still open; one that plays twice counts once. */
  readonly playedConnections: Gauge;
  /** Sessions that are being sent to, by stream. */
  readonly playing: Readonly<Record<StreamName, Gauge>>;
  /** Sessions that may be talking to the speaker: PLAY was answered, and they have not ended. */
  readonly talking: Gauge;
  /** RTP packets handed to the network, over all clients. */
  readonly packetsSent: number;
  /** RTP packets left out by `loseEvery()`, once however many clients there are. */
  readonly packetsLost: number;
  /** Frames not sent to a client because it read too slowly. */
  readonly framesDropped: number;
}

/** A gauge that is being counted. */
export class CountedGauge implements Gauge {
  now = 0;
  highest = 0;
  total = 0;

  up(): void {
    this.now += 1;
    this.total += 1;
    this.highest = Math.max(this.highest, this.now);
  }

  down(): void {
    this.now -= 1;
  }

  /** A copy that does not count on. */
  snapshot(): Gauge {
    const { now, highest, total } = this;
    return { now, highest, total };
  }
}

/** The camera's running counts. */
export class Counts {
  readonly connections = new CountedGauge();
  readonly playedConnections = new CountedGauge();
  readonly playing = { main: new CountedGauge(), sub: new CountedGauge() } satisfies Record<StreamName, CountedGauge>;
  readonly talking = new CountedGauge();
  packetsSent = 0;
  packetsLost = 0;
  framesDropped = 0;

  /** The counts as they are now; later counting does not change the result. */
  snapshot(): CameraStatistics {
    const { packetsSent, packetsLost, framesDropped, playing } = this;
    return {
      connections: this.connections.snapshot(),
      playedConnections: this.playedConnections.snapshot(),
      playing: { main: playing.main.snapshot(), sub: playing.sub.snapshot() },
      talking: this.talking.snapshot(),
      packetsSent,
      packetsLost,
      framesDropped,
    };
  }
}
