import type { PlatformConfig } from '../../config/options.js';

const protocols = {
  'mqtt:': { protocol: 'mqtt', port: 1883, encrypted: false },
  'mqtts:': { protocol: 'mqtts', port: 8883, encrypted: true },
  'ws:': { protocol: 'ws', port: 80, encrypted: false },
  'wss:': { protocol: 'wss', port: 443, encrypted: true },
} as const;

/** Where a broker is, and who we are to it. */
export interface BrokerAddress {
  readonly protocol: 'mqtt' | 'mqtts' | 'ws' | 'wss';
  readonly encrypted: boolean;
  /** An IPv6 address has brackets for WebSockets, which put it into an address again, and none otherwise. */
  readonly host: string;
  readonly port: number;
  /** With the query; counts for WebSockets only. */
  readonly path: string;
  readonly credentials: { readonly username?: string; readonly password?: string };
}

/** @returns undefined where none is configured. User name and password may also stand in the address; the options of their own win. */
export function brokerAddress({ mqttUrl, mqttUsername, mqttPassword }: Pick<PlatformConfig, 'mqttUrl' | 'mqttUsername' | 'mqttPassword'>): BrokerAddress | undefined {
  if (mqttUrl === undefined || !URL.canParse(mqttUrl)) {
    return undefined;
  }
  const url = new URL(mqttUrl);
  const { protocol, port, encrypted } = protocols[isKnown(url.protocol) ? url.protocol : 'mqtt:'];
  const username = mqttUsername ?? decoded(url.username);
  const password = mqttPassword ?? decoded(url.password);
  return {
    protocol,
    encrypted,
    host: protocol.startsWith('ws') ? url.hostname : url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? port : Number(url.port),
    path: `${url.pathname === '' ? '/' : url.pathname}${url.search}`,
    // A password goes with a user name, if only an empty one (MQTT 3.1.1, 3.1.2.9).
    credentials: password !== undefined ? { username: username ?? '', password } : username !== undefined ? { username } : {},
  };
}

function isKnown(protocol: string): protocol is keyof typeof protocols {
  return Object.hasOwn(protocols, protocol);
}

/** A part of an address as it was meant; one with a bare % is taken as it is. */
function decoded(part: string): string | undefined {
  try {
    return part === '' ? undefined : decodeURIComponent(part);
  } catch {
    return part;
  }
}
