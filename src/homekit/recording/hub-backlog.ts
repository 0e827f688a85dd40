import type { CameraController } from 'homebridge';

/**
 * Bytes of the running recording that the home hub has not taken yet. hap-nodejs neither bounds them nor shows them: this looks at
 * the socket inside it, and gives undefined where a version keeps it elsewhere.
 */
export function unreadByHub(controller: CameraController | undefined): number | undefined {
  const socket = property(property(property(controller?.recordingManagement, 'recordingStream'), 'connection'), 'socket');
  const unread = property(socket, 'writableLength');
  return typeof unread === 'number' ? unread : undefined;
}

function property(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Readonly<Record<string, unknown>>)[name] : undefined;
}
