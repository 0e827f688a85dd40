import { isUtf8 } from 'node:buffer';

/** The characters of a text that are written as UTF-8 in %XX, one byte to four. */
const encodedCharacter = /%[0-7][\da-f]|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-7](?:%[89ab][\da-f]){3}/gi;

/** Each %XX decoded by itself, as FFmpeg does it: a single % stays as it is, and so does what is no UTF-8. */
export function percentDecoded(text: string): string {
  return text.replace(encodedCharacter, (encoded) => {
    const bytes = Buffer.from(encoded.replaceAll('%', ''), 'hex');
    return isUtf8(bytes) ? bytes.toString('utf8') : encoded;
  });
}
