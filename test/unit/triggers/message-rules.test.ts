import { describe, expect, test } from '@jest/globals';
import { cameraSchema } from '../../../src/config/options.js';
import { Message, saysSomething, textOf, valueAt } from '../../../src/triggers/mqtt/message.js';
import { rulesOf, signsIn, type MessageRule } from '../../../src/triggers/mqtt/message-rules.js';

const message = (text: string, topic = 'yard') => new Message(topic, Buffer.from(text));
const signs = (text: string, ...rules: readonly Omit<MessageRule, 'topic'>[]) => signsIn(message(text), rules.map((rule) => ({ topic: 'yard', ...rule })));

describe('what stands at a place in JSON', () => {
  const value: unknown = JSON.parse('{"event":{"type":"press","on":true,"count":1},"items":[{"label":"dog"}],"empty":[],"no":null,"a.b":1,"__proto__":{"polluted":1},"text":"abc"}');

  test.each([
    ['event.type', 'press'],
    ['event.on', 'true'],
    ['event.count', '1'],
    ['items.0.label', 'dog'],
    ['no', 'null'],
    ['event', undefined],
    ['items', undefined],
    ['event.missing.further', undefined],
    ['items.1.label', undefined],
    ['items.length', undefined],
    ['text.0', undefined],
    ['no.further', undefined],
    ['constructor.name', undefined],
    ['toString', undefined],
    ['__proto__.polluted', '1'],
    ['event.__proto__', undefined],
  ])('at %s is, as text, %s', (path, text) => {
    expect(textOf(valueAt(value, path))).toBe(text);
  });

  test.each(['toString', 'constructor', 'event.__proto__', 'event.constructor.prototype', 'items.map', 'text.length'])('is nothing at %s, which no message says', (path) => {
    expect(valueAt(value, path)).toBeUndefined();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test.each([
    [undefined, false],
    [null, false],
    [false, false],
    [0, false],
    ['', false],
    ['  ', false],
    ['false', false],
    ['0', false],
    [[], false],
    [{}, false],
    [true, true],
    [-1, true],
    ['no', true],
    [[0], true],
    [{ a: null }, true],
  ])('%j says something: %s', (something, says) => {
    expect(saysSomething(something)).toBe(says);
  });
});

test.each([
  ['ON', { message: 'ON' }, true],
  [' ON\r\n', { message: 'ON' }, true],
  ['on', { message: 'ON' }, false],
  ['ONE', { message: 'ON' }, false],
  ['', { message: 'ON' }, false],
  ['whatever', {}, true],
  ['0', {}, true],
  // An empty message is how a topic is cleared.
  ['', {}, false],
  [' \n', {}, false],
  ['{"a":"ON"}', { path: 'a', message: 'ON' }, true],
  ['{"a":true}', { path: 'a', message: 'true' }, true],
  ['{"a":1.0}', { path: 'a', message: '1' }, true],
  ['{"a":null}', { path: 'a', message: 'null' }, true],
  ['{"a":["ON"]}', { path: 'a', message: 'ON' }, false],
  ['{"a":["ON"]}', { path: 'a.0', message: 'ON' }, true],
  ['{"a":{"b":2}}', { path: 'a' }, true],
  ['{"a":false}', { path: 'a' }, false],
  ['{"a":"x"}', { path: 'b' }, false],
  ['ON', { path: 'a', message: 'ON' }, false],
  ['"ON"', { path: 'a' }, false],
  ['null', { path: 'a' }, false],
])('the message %j by the rule %j is motion: %s', (text, rule, isMotion) => {
  expect(signs(text, { sign: 'motion', ...rule })).toEqual(isMotion ? ['motion'] : []);
});

describe('where a message says both that motion begins and that it ends', () => {
  test.each([
    ['the end that is named wins over any message', 'OFF', {}, { message: 'OFF' }, ['motionEnd']],
    ['which stays motion otherwise', 'x', {}, { message: 'OFF' }, ['motion']],
    ['motion that is named wins over any message', 'ON', { message: 'ON' }, {}, ['motion']],
    ['which ends it otherwise', 'x', { message: 'ON' }, {}, ['motionEnd']],
    ['a place in JSON names more than any message', '{"a":1}', {}, { path: 'a' }, ['motionEnd']],
    ['and less than a text', '{"a":"stop"}', { path: 'a' }, { path: 'a', message: 'stop' }, ['motionEnd']],
    ['of equal ones motion wins', 'ON', { message: 'ON' }, { message: 'ON' }, ['motion']],
  ] as const)('%s', (_, text, motion, end, expected) => {
    expect(signs(text, { sign: 'motion', ...motion }, { sign: 'motionEnd', ...end })).toEqual(expected);
    expect(signs(text, { sign: 'motionEnd', ...end }, { sign: 'motion', ...motion })).toEqual(expected);
  });

  test('a press is a press beside', () => {
    expect(signs('ON', { sign: 'motion' }, { sign: 'motionEnd' }, { sign: 'doorbell' })).toEqual(['motion', 'doorbell']);
  });
});

test('the topic counts, and rules of others do not', () => {
  const rules: MessageRule[] = [{ sign: 'motion', topic: 'yard/+' }, { sign: 'doorbell', topic: 'gate' }];
  expect(signsIn(message('x', 'yard/pir'), rules)).toEqual(['motion']);
  expect(signsIn(message('x', 'gate'), rules)).toEqual(['doorbell']);
  expect(signsIn(message('x', 'yard'), rules)).toEqual([]);
});

test('rules come from the options; nobody rings at a camera that is no doorbell', () => {
  const options = { name: 'Gate', source: 'rtsp://camera.test/', mqttMotionTopic: 'pir', mqttMotionPath: 'on', mqttDoorbellTopic: 'button', mqttDoorbellMessage: 'press' };
  expect(rulesOf(cameraSchema.parse(options))).toEqual([{ sign: 'motion', topic: 'pir', path: 'on' }]);
  expect(rulesOf(cameraSchema.parse({ ...options, doorbell: true }))).toContainEqual({ sign: 'doorbell', topic: 'button', message: 'press' });
  expect(rulesOf(cameraSchema.parse({ name: 'Gate', source: 'rtsp://camera.test/' }))).toEqual([]);
});
