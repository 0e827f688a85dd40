import type { BridgePort } from '../config-facts.js';
import { problemTable } from '../../../problems.js';
import { check, type DoctorContext } from '../check.js';
import { ok, problem, type Finding } from '../finding.js';
import { portHolder, portState, speaksHap, type PortHolder, type PortState } from '../port-state.js';

export interface AskedPort {
  readonly port: number;
  readonly state: PortState;
  /** Who has it, where that is known. */
  readonly holder: PortHolder | undefined;
}

interface AskedBridge extends AskedPort, Pick<BridgePort, 'bridge'> {
  /** Who has it answers as a HomeKit accessory. */
  readonly speaksHap: boolean;
}

export interface PortsFacts {
  readonly bridges: readonly AskedBridge[];
  /** Of the option "httpPort"; undefined where it is not set. */
  readonly http: (AskedPort & { readonly address: string }) | undefined;
}

export const portsCheck = check({ title: 'Ports', doing: 'Looking at the ports', gather: gatherPorts, judge: judgePorts });

async function gatherPorts({ config, hub }: DoctorContext): Promise<PortsFacts> {
  const ports = config.kind === 'read' ? config.bridgePorts : [];
  const { httpPort, httpAddress } = hub;
  const bridges = await Promise.all(ports.map(askedBridge));
  return { bridges, http: httpPort === undefined ? undefined : { address: httpAddress, ...(await asked(httpPort, httpAddress)) } };
}

async function askedBridge({ bridge, port }: BridgePort): Promise<AskedBridge> {
  const answer = await asked(port, undefined);
  return { bridge, ...answer, speaksHap: answer.state.kind === 'in use' && (await speaksHap(port)) };
}

async function asked(port: number, address: string | undefined): Promise<AskedPort> {
  const state = await portState(port, address);
  return { port, state, holder: state.kind === 'in use' ? await portHolder(port) : undefined };
}

export function judgePorts({ bridges, http }: PortsFacts): readonly Finding[] {
  const runs = bridges.some((each) => isHomebridge(each));
  const found = [...bridges.map((each) => judgeBridge(each)), ...(http ? [judgeHttp(http, runs)] : [])];
  return found.length > 0 ? found : [ok('none is set')];
}

function isHomebridge({ state, holder, speaksHap: speaks }: AskedBridge): boolean {
  return state.kind === 'in use' && (speaks || holder?.isHomebridge === true);
}

function judgeBridge(answer: AskedBridge): Finding {
  const { bridge, port, state, holder } = answer;
  const name = bridge === 'Homebridge' ? "Homebridge's port" : "the child bridge's port";
  switch (state.kind) {
    case 'free':
      return ok(`${name} ${port} is free: ${bridge === 'Homebridge' ? 'Homebridge' : 'it'} does not run`);
    case 'unusable':
      return problem(`${name} ${port} cannot be used (${state.because})`, 'Choose another "port" of the bridge in config.json.');
    case 'in use':
      return isHomebridge(answer)
        ? ok(`${name} ${port} is held by Homebridge, which runs`)
        : problem(`${name} ${port} is held by ${holder?.program ?? 'another program'}, which does not answer as Homebridge does`, 'End that program, or choose another "port" of the bridge in config.json.');
  }
}

/** @param runs whether Homebridge does. */
function judgeHttp({ port, address, state, holder }: NonNullable<PortsFacts['http']>, runs: boolean): Finding {
  const name = `"httpPort" ${port} at ${address}`;
  switch (state.kind) {
    case 'free':
      return ok(`${name} is free`);
    case 'unusable':
      return problem(`${name} cannot be used (${state.because})`, problemTable['http-unusable'].remedy);
    case 'in use':
      return (holder?.isHomebridge ?? runs) ? ok(`${name} is held by Homebridge, which runs`) : problem(`${name} is held by ${holder?.program ?? 'another program'}`, problemTable['http-port-in-use'].remedy);
  }
}
