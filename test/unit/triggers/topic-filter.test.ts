import { expect, test } from '@jest/globals';
import { topicMatches } from '../../../src/triggers/mqtt/topic-filter.js';

// MQTT 3.1.1, 4.7.1 and 4.7.2, has most of these as its examples.
test.each([
  ['a/b', 'a/b', true],
  ['a/b', 'a/B', false],
  ['a/b', 'a/b/c', false],
  ['a/b/', 'a/b', false],
  ['+', 'a', true],
  ['+', '/a', false],
  ['/+', '/a', true],
  ['+/+', '/a', true],
  ['a/+', 'a', false],
  ['a/+/c', 'a/b/c', true],
  ['a/+/c', 'a//c', true],
  ['a/#', 'a', true],
  ['a/#', 'a/b/c', true],
  ['a/#', 'ab', false],
  ['#', 'a/b', true],
  ['#', '$SYS/uptime', false],
  ['+/uptime', '$SYS/uptime', false],
  ['$SYS/#', '$SYS/uptime', true],
  ['+/b/#', 'a/b/c', true],
])('%s means %s: %s', (filter, topic, means) => {
  expect(topicMatches(filter, topic)).toBe(means);
});
