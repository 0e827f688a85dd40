import { Socket } from 'node:net';
import type { CameraController } from 'homebridge';

/** More than this after a recording has been closed is not on its way any more. */
const abandonedBytes = 1024 * 1024;

/**
 * Bytes of the running recording that the home hub has not taken yet. hap-nodejs neither bounds them nor shows them: this looks at
 * the socket inside it, and gives undefined where a version keeps it elsewhere.
 */
export function unreadByHub(controller: CameraController | undefined): number | undefined {
  const unread = property(socketOf(controller), 'writableLength');
  return typeof unread === 'number' ? unread : undefined;
}

/** What a hub that does not read has left is not needed any more: its connection ends, or it would keep that in memory for as long as it stands. */
export function dropUnread(controller: CameraController | undefined): void {
  const socket = socketOf(controller);
  if (socket instanceof Socket && socket.writableLength > abandonedBytes) {
    socket.destroy();
  }
}

function socketOf(controller: CameraController | undefined): unknown {
  return property(property(property(controller?.recordingManagement, 'recordingStream'), 'connection'), 'socket');
}

function property(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Readonly<Record<string, unknown>>)[name] : undefined;
}
