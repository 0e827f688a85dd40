/** How a camera writes its parts; the defaults are what RFC 2046 asks for. */
export interface MultipartForm {
  readonly contentType: string;
  /** What stands before a part. */
  readonly boundary: string;
  readonly lineEnd: '\r\n' | '\n';
  readonly partType: string | undefined;
  readonly contentLength: boolean;
}

export const usualForm: MultipartForm = { contentType: 'multipart/x-mixed-replace; boundary=frame', boundary: '--frame', lineEnd: '\r\n', partType: 'image/jpeg', contentLength: true };

export function writePart(jpeg: Buffer, { boundary, lineEnd, partType, contentLength }: MultipartForm): Buffer {
  const lines = [boundary, ...(partType === undefined ? [] : [`Content-Type: ${partType}`]), ...(contentLength ? [`Content-Length: ${jpeg.length}`] : []), '', ''];
  return Buffer.concat([Buffer.from(lines.join(lineEnd)), jpeg, Buffer.from(lineEnd)]);
}
