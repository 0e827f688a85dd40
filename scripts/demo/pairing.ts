import { createRequire } from 'node:module';
import { installedHomebridge } from '../../test/support/homebridge/homebridge.js';
import type { AccessoryInfo } from './demo-homebridge.js';

/** The accessory speaks HAP over IP (HAP R13 4.4.1: flags 27 to 30 of the payload). */
const overIp = 1n << 28n;

/** The setup URI that the pairing QR code carries: category, flags and code in base 36, then the setup identifier. */
export function setupUri({ pincode, category, setupID }: Pick<AccessoryInfo, 'pincode' | 'category' | 'setupID'>): string {
  const payload = (BigInt(category) << 31n) | overIp | BigInt(pincode.replaceAll('-', ''));
  return `X-HM://${payload.toString(36).toUpperCase().padStart(9, '0')}${setupID}`;
}

/** What we use of qrcode-terminal, which has no types. */
interface QrCodeTerminal {
  generate(text: string, options: { readonly small: boolean }, callback: (drawn: string) => void): void;
}

/** The QR code as lines of block characters, where full blocks are light; undefined where it cannot be drawn. */
export function qrCode(text: string): readonly string[] | undefined {
  try {
    // Homebridge (1.x and 2.x) depends on it, so it is looked up from there.
    const qrcode = createRequire(installedHomebridge('homebridge') ?? '')('qrcode-terminal') as QrCodeTerminal;
    let drawn = '';
    qrcode.generate(text, { small: true }, (lines) => (drawn = lines));
    return withWiderMargin(drawn.split('\n').filter((line) => line !== ''));
  } catch {
    return undefined;
  }
}

/** Readers want some light around a code; qrcode-terminal leaves one module, which is half a line at the top. */
function withWiderMargin([top = '', ...rows]: readonly string[]): readonly string[] {
  const light = '█'.repeat(top.length + 4);
  return [light, ...rows.map((row) => `██${row}██`), light];
}
