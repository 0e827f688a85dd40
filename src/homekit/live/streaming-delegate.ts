import {
  ResourceRequestReason,
  StreamRequestTypes,
  type CameraController,
  type CameraStreamingDelegate,
  type PrepareStreamCallback,
  type PrepareStreamRequest,
  type PrepareStreamResponse,
  type SnapshotRequest,
  type SnapshotRequestCallback,
  type StreamingRequest,
  type StreamRequestCallback,
} from 'homebridge';
import type { Camera } from '../../pipeline/camera.js';
import { asProblem, Problem } from '../../problems.js';
import type { CameraBudget } from '../../resources/house-budget.js';
import type { EventMoments } from '../event-moments.js';
import type { SnapshotService } from '../snapshot.js';
import { LiveSession, type LiveSessionOptions, type LiveViewStatus, type RtpEnd } from './live-session.js';

/** Translates between HomeKit's callbacks and the sessions. Each callback is answered exactly once. */
export class StreamingDelegate implements CameraStreamingDelegate, AsyncDisposable {
  readonly #camera: Camera;
  readonly #snapshots: SnapshotService;
  readonly #moments: EventMoments;
  readonly #budget: CameraBudget;
  readonly #sessions = new Map<string, LiveSession>();
  /** By views that have ended. */
  #droppedBefore = 0;
  /** Sessions that are being prepared, each with the newest attempt. */
  readonly #preparing = new Map<string, symbol>();
  /** Set once the controller, which needs this delegate, exists. */
  #controller: CameraController | undefined;

  constructor(camera: Camera, snapshots: SnapshotService, moments: EventMoments, budget: CameraBudget) {
    this.#camera = camera;
    this.#snapshots = snapshots;
    this.#moments = moments;
    this.#budget = budget;
  }

  attach(controller: CameraController): void {
    this.#controller = controller;
  }

  /** Views prepared or running. */
  get sessions(): number {
    return this.#sessions.size;
  }

  views(): LiveViewStatus[] {
    return [...this.#sessions.values()].map((session) => session.status());
  }

  /** Pictures that viewers did not get, since the start. */
  get dropped(): number {
    return [...this.#sessions.values()].reduce((sum, { dropped }) => sum + dropped, this.#droppedBefore);
  }

  handleSnapshotRequest(request: SnapshotRequest, callback: SnapshotRequestCallback): void {
    answer(this.#snapshot(request), callback);
  }

  prepareStream(request: PrepareStreamRequest, callback: PrepareStreamCallback): void {
    answer(this.#prepare(request), callback);
  }

  handleStreamRequest(request: StreamingRequest, callback: StreamRequestCallback): void {
    const session = this.#sessions.get(request.sessionID);
    switch (request.type) {
      case StreamRequestTypes.START:
        if (!session) {
          callback(new Error('This live view was not prepared, or has been given up.'));
          return;
        }
        session.start(request);
        callback();
        return;
      case StreamRequestTypes.STOP:
        // HomeKit need not wait until ports and processes are gone.
        callback();
        this.#end(request.sessionID);
        return;
      case StreamRequestTypes.RECONFIGURE:
        callback();
        session?.reconfigure(request.video);
    }
  }

  /** Ends every view, also in HomeKit: the camera was switched off. */
  endAll(): void {
    for (const sessionID of [...this.#sessions.keys()]) {
      this.#controller?.forceStopStreamingSession(sessionID);
      this.#end(sessionID);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    this.#preparing.clear();
    await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
  }

  #refuseWhilePrivate(): void {
    if (this.#camera.barred) {
      throw new Error('The privacy switch of this camera is on.');
    }
  }

  async #snapshot(request: SnapshotRequest): Promise<Buffer> {
    const moment = request.reason === ResourceRequestReason.EVENT ? this.#moments.nearest(request.width) : undefined;
    const picture = this.#camera.barred ? undefined : await this.#snapshots.take(request, moment);
    // Looked at again: it may have been barred while the picture was made.
    return this.#camera.barred || !picture ? this.#snapshots.drawn(request, 'Privacy') : picture;
  }

  async #prepare(request: PrepareStreamRequest): Promise<PrepareStreamResponse> {
    this.#refuseWhilePrivate();
    const { sessionID } = request;
    this.#end(sessionID); // Prepared twice: the later one counts.
    const attempt = Symbol(sessionID);
    this.#preparing.set(sessionID, attempt);
    try {
      const session = await this.#open({
        camera: this.#camera,
        budget: this.#budget,
        request,
        onGivenUp: (because) => {
          this.#camera.note(`live view for ${request.targetAddress} is given up: ${because}`);
          if (this.#sessions.get(sessionID) === session) {
            this.#controller?.forceStopStreamingSession(sessionID);
            this.#end(sessionID);
          }
        },
      });
      if (this.#preparing.get(sessionID) !== attempt || this.#camera.barred) {
        await session[Symbol.asyncDispose]();
        this.#refuseWhilePrivate(); // It may have been turned on meanwhile.
        throw new Error('This live view was ended, or prepared again, before it had begun.');
      }
      this.#sessions.set(sessionID, session);
      return { video: announced(session.video, request.video), audio: announced(session.audio, request.audio) };
    } finally {
      if (this.#preparing.get(sessionID) === attempt) {
        this.#preparing.delete(sessionID);
      }
    }
  }

  async #open(options: LiveSessionOptions): Promise<LiveSession> {
    try {
      return await LiveSession.prepare(options);
    } catch (error) {
      if (error instanceof Problem) {
        this.#camera.problems.tell(error);
      }
      throw error;
    }
  }

  #end(sessionID: string): void {
    const session = this.#sessions.get(sessionID);
    this.#preparing.delete(sessionID);
    this.#sessions.delete(sessionID);
    this.#droppedBefore += session?.dropped ?? 0;
    session?.[Symbol.asyncDispose]().catch((error: unknown) => this.#camera.problems.tell(asProblem(error, 'live-view-failed')));
  }
}

/** We send with the viewer's own keys. */
function announced({ port, ssrc }: RtpEnd, { srtp_key, srtp_salt }: PrepareStreamRequest['video']): PrepareStreamResponse['video'] {
  return { port, ssrc, srtp_key, srtp_salt };
}

/** Answers a HomeKit callback with what a promise brings. */
function answer<Value>(promise: Promise<Value>, callback: (error?: Error, value?: Value) => void): void {
  promise.then(
    (value) => callback(undefined, value),
    (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
  );
}
