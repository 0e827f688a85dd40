const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** '11.8 GiB', '200 MiB'. */
export function bytesText(bytes: number): string {
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 2 ** (10 * step);
  return `${value >= 100 || step === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${units[step] ?? ''}`;
}
