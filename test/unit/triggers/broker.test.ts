import { describe, expect, test } from '@jest/globals';
import { brokerAddress } from '../../../src/triggers/mqtt/broker-address.js';
import { brokerProblem } from '../../../src/triggers/mqtt/broker-problem.js';
import { KeptTopics } from '../../../src/triggers/mqtt/kept-topics.js';

describe('the address of a broker', () => {
  test.each([
    ['mqtt://broker.test', { protocol: 'mqtt', encrypted: false, host: 'broker.test', port: 1883, path: '/', credentials: {} }],
    ['mqtts://broker.test', { protocol: 'mqtts', encrypted: true, host: 'broker.test', port: 8883, path: '/', credentials: {} }],
    ['ws://broker.test/mqtt?x=1', { protocol: 'ws', encrypted: false, host: 'broker.test', port: 80, path: '/mqtt?x=1', credentials: {} }],
    ['wss://[::1]:9001', { protocol: 'wss', encrypted: true, host: '[::1]', port: 9001, path: '/', credentials: {} }],
    ['mqtt://[fe80::1]:1884', { protocol: 'mqtt', encrypted: false, host: 'fe80::1', port: 1884, path: '/', credentials: {} }],
    ['mqtt://joe:p%40ss%2Fword@broker.test', { protocol: 'mqtt', encrypted: false, host: 'broker.test', port: 1883, path: '/', credentials: { username: 'joe', password: 'p@ss/word' } }],
    ['mqtt://joe:50%@broker.test', { protocol: 'mqtt', encrypted: false, host: 'broker.test', port: 1883, path: '/', credentials: { username: 'joe', password: '50%' } }],
  ])('%s', (mqttUrl, address) => {
    expect(brokerAddress({ mqttUrl })).toEqual(address);
  });

  test('options of their own win, and a password alone has a user name', () => {
    expect(brokerAddress({ mqttUrl: 'mqtt://joe:old@broker.test', mqttUsername: 'ann', mqttPassword: 'new' })?.credentials).toEqual({ username: 'ann', password: 'new' });
    expect(brokerAddress({ mqttUrl: 'mqtt://broker.test', mqttPassword: 'token' })?.credentials).toEqual({ username: '', password: 'token' });
    expect(brokerAddress({ mqttUrl: 'mqtt://broker.test', mqttUsername: 'ann' })?.credentials).toEqual({ username: 'ann' });
  });

  test('there is none without one', () => {
    expect(brokerAddress({})).toBeUndefined();
  });
});

describe('why a broker is not there', () => {
  const failed = (code: string | number, message = 'words of the library') => Object.assign(new Error(message), { code });

  test.each([
    [failed('ENOTFOUND'), false, 'mqtt-unreachable', 'host:1: no machine has this name'],
    [failed('ECONNREFUSED', ''), false, 'mqtt-unreachable', 'host:1: nothing listens on this port'],
    [failed('EHOSTUNREACH'), false, 'mqtt-unreachable', 'host:1: no answer from this address'],
    [new Error('connack timeout'), false, 'mqtt-unreachable', 'host:1: it does not answer'],
    [new Error('Keepalive timeout'), true, 'mqtt-unreachable', 'host:1: it does not answer'],
    [failed('ECONNRESET'), true, 'mqtt-unreachable', 'host:1: it ended the connection'],
    [failed('ECONNRESET'), false, 'mqtt-not-understood', 'host:1: it ended the connection at once'],
    [undefined, true, 'mqtt-unreachable', 'host:1: it ended the connection'],
    [undefined, false, 'mqtt-not-understood', 'host:1: it ended the connection at once'],
    [failed(1), false, 'mqtt-not-understood', 'host:1: it does not speak MQTT 3.1.1'],
    [failed(3), false, 'mqtt-unreachable', 'host:1: it says that it cannot serve now'],
    [failed(4), false, 'mqtt-refused-login', 'host:1: it does not let this user in'],
    [failed(5), false, 'mqtt-refused-login', 'host:1: it does not let this user in'],
    [failed('SELF_SIGNED_CERT_IN_CHAIN'), false, 'mqtt-certificate', 'host:1: nobody who is trusted has signed it'],
    [failed('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), false, 'mqtt-certificate', 'host:1: nobody who is trusted has signed it'],
    [failed('CERT_REVOKED', 'certificate revoked'), false, 'mqtt-certificate', 'host:1: certificate revoked'],
    [failed('ERR_SSL_WRONG_VERSION_NUMBER'), false, 'mqtt-not-understood', 'host:1: no encrypted connection could be made'],
    [new Error('Invalid header flag bits'), false, 'mqtt-not-understood', 'host:1: Invalid header flag bits'],
    [new Error('cannot open mqtt://joe:secret@host'), false, 'mqtt-not-understood', 'host:1: cannot open mqtt://***@host'],
  ] as const)('%#: it is said in plain words', (failure, accepted, code, detail) => {
    expect(brokerProblem({ failure, accepted }, 'host:1')).toMatchObject({ code, detail });
  });
});

describe('topics that the broker keeps', () => {
  function slowBroker() {
    const sent: string[] = [];
    const acknowledge: ((error?: Error) => void)[] = [];
    const publish = (topic: string, payload: string, _: unknown, done: (error?: Error) => void) => {
      sent.push(`${topic}=${payload}`);
      acknowledge.push(done);
    };
    const kept = new KeptTopics({ publish } as unknown as ConstructorParameters<typeof KeptTopics>[0]);
    return { kept, sent, acknowledge: (error?: Error) => acknowledge.shift()?.(error) };
  }

  test('a broker that acknowledges slowly is owed one message for each topic, the newest', () => {
    const { kept, sent, acknowledge } = slowBroker();
    for (let count = 0; count < 1_000; count++) {
      kept.publish('a', String(count));
    }
    kept.publish('b', 'x');
    expect(sent).toEqual(['a=0', 'b=x']);
    acknowledge();
    expect(sent).toEqual(['a=0', 'b=x', 'a=999']);
    acknowledge();
    acknowledge();
    kept.publish('a', '');
    expect(sent).toEqual(['a=0', 'b=x', 'a=999', 'a=']);
  });

  test('nothing follows on a connection that is gone', () => {
    const { kept, sent, acknowledge } = slowBroker();
    kept.publish('a', '1');
    kept.publish('a', '2');
    acknowledge(new Error('Connection closed'));
    expect(sent).toEqual(['a=1']);
  });
});
