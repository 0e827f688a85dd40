import { Socket } from 'node:net';
import type { CameraController } from 'homebridge';

/** Less than this is not worth it; what is still on its way is gone after so long. */
const abandonedBytes = 1024 * 1024;
const abandonedMs = 10_000;

/**
 * Bytes of the running recording that the home hub has not taken yet. hap-nodejs neither bounds them nor shows them: this looks at
 * the socket inside it, and gives undefined where a version keeps it elsewhere.
 */
export function unreadByHub(controller: CameraController | undefined): number | undefined {
  const unread = property(socketOf(controller), 'writableLength');
  return typeof unread === 'number' ? unread : undefined;
}

/**
 * The recording is closed. Where the hub reads nothing of what is left for a while, its connection ends: it would keep that in memory for
 * as long as it stands.
 */
export function dropUnread(controller: CameraController | undefined): void {
  const socket = socketOf(controller);
  if (!(socket instanceof Socket) || socket.writableLength < abandonedBytes) {
    return;
  }
  const leftBytes = socket.writableLength;
  setTimeout(() => {
    if (socket.writableLength >= leftBytes) {
      socket.destroy();
    }
  }, abandonedMs).unref();
}

function socketOf(controller: CameraController | undefined): unknown {
  return property(property(property(controller?.recordingManagement, 'recordingStream'), 'connection'), 'socket');
}

function property(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Readonly<Record<string, unknown>>)[name] : undefined;
}
