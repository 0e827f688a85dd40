/** Bytes that break the rules of their format. The only error that the code in `media/` throws on bad bytes. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
