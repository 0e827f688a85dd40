import { networkInterfaces } from 'node:os';
import type { PublishedAccessory } from '../../test/support/homebridge/accessories.js';
import type { AccessoryInfo } from './demo-homebridge.js';
import { qrCode, setupUri } from './pairing.js';
import type { Screen } from './screen.js';

/** Says how to add the camera in the Home app: what to tap, the code to scan, the code to type. */
export function invite(screen: Screen, accessory: PublishedAccessory, info: AccessoryInfo, bind: string | undefined): void {
  const code = qrCode(setupUri(info));
  const way = code
    ? `Home app: + > Add Accessory, then scan this, or "More options" and ${screen.paint('bold', info.pincode)}`
    : `Home app: + > Add Accessory > More options > "${accessory.displayName}", code ${screen.paint('bold', info.pincode)}`;
  screen.say(`
${screen.paint('bold', 'To see it on an iPhone or iPad in the same network:')}
  1. ${way}
  2. "Uncertified Accessory": tap "Add Anyway".
`);
  if (code) {
    // Light on dark whatever the terminal's own colours are.
    screen.say(code.map((line) => `  ${screen.paint(['whiteBright', 'bgBlack'], line)}`).join('\n'));
  }
  screen.say(`
Name         ${accessory.displayName}
Pairing code ${info.pincode}
Reached at   port ${accessory.port}, ${where(bind)}
Ctrl-C ends everything.`);
}

function where(bind: string | undefined): string {
  const outside = Object.entries(networkInterfaces()).flatMap(([name, addresses]) => (addresses?.some(({ internal }) => !internal) ? [name] : []));
  if (bind !== undefined) {
    return outside.includes(bind) ? `network interface ${bind}` : `this machine only (${bind})`;
  }
  const choice = outside.length > 1 ? ' (for one of them: npm run demo -- --bind NAME)' : '';
  return outside.length > 0 ? `network interface ${outside.join(', ')}${choice}` : 'but this machine has no network now, so no iPhone can find it';
}
