/** Markers of a JPEG (ITU-T T.81 table B.1). */
export const jpegMarkers = {
  startOfImage: 0xffd8,
  endOfImage: 0xffd9,
  startOfScan: 0xffda,
  huffmanTables: 0xffc4,
} as const;

/** Whether no segment follows the marker: RSTm, SOI, EOI and TEM. */
export function standsAlone(marker: number): boolean {
  return (marker >= 0xffd0 && marker <= 0xffd9) || marker === 0xff01;
}

/** Whether two bytes of a scan belong to it: a 0xFF of the picture, which 0x00 follows, or a restart marker (B.1.1.5). */
export function insideScan(marker: number): boolean {
  return marker === 0xff00 || (marker >= 0xffd0 && marker <= 0xffd7);
}
