import { expect, test } from '@jest/globals';
import { runCommand } from '../support/command-line.js';
import { freeTcpPort } from '../support/homebridge/storage.js';
import { House } from '../support/house.js';

interface DoctorOutput {
  readonly checks: readonly { readonly check: string; readonly state: string; readonly seen: string }[];
}

test('beside a Homebridge that runs, doctor takes its ports for its own and its cameras for reachable', async () => {
  const httpPort = await freeTcpPort();
  await using house = await House.open({ Gate: {} }, { platformConfig: { httpPort, httpToken: 't0kent0ken' } });
  const before = house.homebridge.log().length;
  const { out } = await runCommand(['doctor', '-U', house.homebridge.storage, '--json']);
  const { checks } = JSON.parse(out) as DoctorOutput;
  const said = (check: string): string[] => checks.filter((each) => each.check === check).map(({ state, seen }) => `${state}: ${seen.replace(/\d{4,5}/, '<port>')}`);
  expect(said('Ports')).toEqual(["ok: Homebridge's port <port> is held by Homebridge, which runs", 'ok: "httpPort" <port> at 127.0.0.1 is held by Homebridge, which runs']);
  expect(said('Cameras')).toEqual([expect.stringMatching(/^ok: Gate: H\.264 High/)]);
  // Nothing that it does is a problem to the plugin.
  expect(house.homebridge.log().slice(before).filter((line) => /\[[a-z]+-[a-z-]+\]$/.test(line))).toEqual([]);
}, 60_000);
