import { describe, expect, test } from '@jest/globals';
import { CameraEvents } from '../../../src/events/camera-events.js';
import { followFrigate, readFrigate } from '../../../src/triggers/mqtt/frigate.js';
import { HeldMotion } from '../../../src/triggers/mqtt/held-motion.js';
import { Message } from '../../../src/triggers/mqtt/message.js';
import { FakeTimers } from '../../support/fake-timers.js';

interface Told {
  readonly type: string;
  readonly id?: string;
  readonly camera?: string;
  readonly label?: string;
  readonly false_positive?: boolean;
  readonly stationary?: boolean;
}

const said = ({ type, ...after }: Told) =>
  new Message('frigate/events', Buffer.from(JSON.stringify({ type, before: null, after: { id: 'a', camera: 'gate', label: 'person', false_positive: false, stationary: false, box: [1, 2, 3, 4], ...after } })));

function followed(frigateLabels = ['person', 'dog']) {
  const timers = new FakeTimers();
  const events = new CameraEvents({ motionTimeoutMs: 30_000, onMistake: () => undefined, timers });
  const motion = new HeldMotion(events, timers);
  const changes: boolean[] = [];
  events.listen((event) => event.kind === 'motion' && changes.push(event.on));
  const say = (...messages: readonly Told[]) => {
    for (const message of messages) {
      const news = readFrigate(said(message));
      if (news) {
        followFrigate(news, { frigateCamera: 'gate', frigateLabels }, motion);
      }
    }
  };
  return { events, motion, changes, say, timers };
}

describe('what Frigate sees is motion', () => {
  test.each<readonly [string, readonly Told[], readonly boolean[]]>([
    ['from new to end', [{ type: 'new' }, { type: 'update' }, { type: 'end' }], [true, false]],
    ['also where "new" was not heard', [{ type: 'update' }, { type: 'end' }], [true, false]],
    ['until the last object is gone', [{ type: 'new' }, { type: 'new', id: 'b' }, { type: 'end' }, { type: 'update', id: 'b' }], [true]],
    ['and then not', [{ type: 'new' }, { type: 'new', id: 'b' }, { type: 'end' }, { type: 'end', id: 'b' }], [true, false]],
    ['not of another camera', [{ type: 'new', camera: 'yard' }], []],
    ['whose end is not this camera’s', [{ type: 'new' }, { type: 'end', camera: 'yard' }], [true]],
    ['not of another label', [{ type: 'new', label: 'car' }], []],
    ['not of what it took for something', [{ type: 'new', false_positive: true }], []],
    ['once it is sure', [{ type: 'new', false_positive: true }, { type: 'update' }], [true]],
    ['not of what is parked', [{ type: 'new', stationary: true }, { type: 'update', stationary: true }], []],
    ['until it stands still', [{ type: 'new' }, { type: 'update', stationary: true }], [true, false]],
    ['again when it drives off', [{ type: 'new' }, { type: 'update', stationary: true }, { type: 'update' }], [true, false, true]],
    ['not what ends without a beginning', [{ type: 'end' }], []],
    ['not what Frigate does not say', [{ type: 'other' }], []],
  ])('%s', (_, messages, expected) => {
    const { changes, say } = followed();
    say(...messages);
    expect(changes).toEqual(expected);
  });

  test('of everything where no label is set', () => {
    const { changes, say } = followed([]);
    say({ type: 'new', label: 'car' });
    expect(changes).toEqual([true]);
  });

  test('for as long as it tells of the object each minute, and not for ever when its end is lost', () => {
    const { changes, say, timers } = followed();
    for (let minute = 0; minute < 5; minute++) {
      say({ type: 'update' });
      timers.advance(60_000);
    }
    expect(changes).toEqual([true]);
    timers.advance(15_000);
    expect(changes).toEqual([true, false]);
  });

  test('a lost end of one object does not keep others from ending theirs', () => {
    const { changes, say, timers } = followed();
    say({ type: 'new', id: 'lost' });
    timers.advance(70_000);
    say({ type: 'new', id: 'b' });
    timers.advance(10_000);
    say({ type: 'end', id: 'b' });
    expect(changes).toEqual([true, false]);
  });

  test('of any number of objects, with bounded memory', () => {
    const { changes, say } = followed();
    for (let id = 0; id < 1_000; id++) {
      say({ type: 'new', id: String(id) });
    }
    // Only the newest 64 are remembered: with their ends it is over.
    for (let id = 936; id < 1_000; id++) {
      expect(changes).toEqual([true]);
      say({ type: 'end', id: String(id) });
    }
    expect(changes).toEqual([true, false]);
  });
});

test('what has not the form of an event of Frigate is none', () => {
  const read = (text: string) => readFrigate(new Message('frigate/events', Buffer.from(text)));
  expect(read('{"type":"new","after":{"id":"a","camera":"gate","label":"person"}}')).toEqual({ id: 'a', camera: 'gate', label: 'person', moves: true });
  for (const text of ['', 'x', 'null', '[]', '{}', '{"type":"new"}', '{"type":"new","after":null}', '{"type":"new","after":{"id":1,"camera":"gate","label":"person"}}', `{"type":"new","after":{"id":"${'i'.repeat(200)}","camera":"gate","label":"person"}}`]) {
    expect(read(text)).toBeUndefined();
  }
});

describe('motion by several reporters', () => {
  test('a topic and Frigate end it together', () => {
    const { changes, motion, say } = followed();
    motion.moves('topic', 600_000);
    say({ type: 'new' }, { type: 'end' });
    expect(changes).toEqual([true]);
    motion.ended('topic');
    expect(changes).toEqual([true, false]);
  });

  test('the end that comes over MQTT is also that of motion that was told by HTTP', () => {
    const { changes, events, motion } = followed();
    events.motion('http');
    motion.ended('topic');
    expect(changes).toEqual([true, false]);
  });

  test('motion that a switch reports goes on', () => {
    const { changes, events, motion, timers } = followed();
    events.motionBegun('switch');
    motion.moves('topic', 1_000);
    timers.advance(1_000);
    expect(changes).toEqual([true]);
  });

  test('nothing happens after its end', () => {
    const { changes, motion, timers } = followed();
    motion.moves('topic', 1_000);
    motion[Symbol.dispose]();
    timers.advance(10_000);
    expect(changes).toEqual([true]);
  });
});
