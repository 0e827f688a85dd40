import { expect, test } from '@jest/globals';
import { CameraEvents, type CameraEvent } from '../../../src/events/camera-events.js';
import { FakeTimers } from '../../support/fake-timers.js';

function opened() {
  const timers = new FakeTimers();
  const mistakes: unknown[] = [];
  let nowMs = 0;
  const events = new CameraEvents({ motionTimeoutMs: 30_000, timers, now: () => nowMs, onMistake: (error) => mistakes.push(error) });
  const told: CameraEvent[] = [];
  events.listen((event) => told.push(event));
  const pass = (ms: number): void => {
    nowMs += ms;
    timers.advance(ms);
  };
  const kinds = (): string[] => told.map((event) => (event.kind === 'motion' ? `${event.on ? 'on' : 'off'} by ${event.by} at ${event.atMs}` : `ring by ${event.by} at ${event.atMs}`));
  return { events, told, kinds, pass, mistakes };
}

test('motion begins once, is prolonged, and ends so long after the last word of it', () => {
  const { events, kinds, pass } = opened();
  events.motion('pictures', -200);
  pass(20_000);
  events.motion('pictures');
  pass(29_999);
  expect(kinds()).toEqual(['on by pictures at -200']);
  pass(1);
  expect(kinds()).toEqual(['on by pictures at -200', 'off by pictures at 50000']);
});

test('a reset from outside ends what was reported from outside, whichever way, and not what the pictures show', () => {
  const { events, kinds } = opened();
  events.motion('mqtt');
  events.motionEnded('http');
  expect(kinds()).toEqual(['on by mqtt at 0', 'off by http at 0']);
  events.motion('pictures');
  events.motion('mqtt');
  events.motionEnded('mqtt');
  expect(events.moving).toBe(true);
  events.motionEnded('pictures');
  expect(kinds().at(-1)).toBe('off by pictures at 0');
});

test('what is held by the switch lasts until it is let go of, and a reset that nobody asked for does nothing', () => {
  const { events, kinds, pass } = opened();
  events.motionEnded('mqtt');
  events.motionBegun('switch');
  pass(3_600_000);
  expect(events.moving).toBe(true);
  events.motionEnded('switch');
  expect(kinds()).toEqual(['on by switch at 0', 'off by switch at 3600000']);
});

test('a trembling contact rings once; the next press rings again', () => {
  const { events, kinds, pass } = opened();
  expect(events.ring('http')).toBe(true);
  pass(300);
  expect(events.ring('mqtt')).toBe(false);
  pass(1_700);
  expect(events.ring('mqtt')).toBe(true);
  expect(kinds()).toEqual(['ring by http at 0', 'ring by mqtt at 2000']);
});

test('deaf to motion: what moves is over, nothing begins, a doorbell rings', () => {
  const { events, kinds } = opened();
  events.motion('pictures');
  events.motionBegun('switch');
  events.deafToMotion = true;
  events.motion('mqtt');
  events.ring('mqtt');
  expect(kinds()).toEqual(['on by pictures at 0', 'off by switch at 0', 'ring by mqtt at 0']);
  events.deafToMotion = false;
  events.motion('mqtt');
  expect(kinds().at(-1)).toBe('on by mqtt at 0');
});

test('who listens hears events in the order in which they happened, also of those that another listener causes, and a mistake of one keeps nothing from the others', () => {
  const { events, told, mistakes } = opened();
  const later: CameraEvent[] = [];
  events.listen((event) => {
    if (event.kind === 'doorbell') {
      events.motion('http');
    }
  });
  events.listen(() => {
    throw new Error('a mistake');
  });
  const listening = events.listen((event) => later.push(event));
  events.ring('http');
  expect(told.map(({ kind }) => kind)).toEqual(['doorbell', 'motion']);
  expect(later).toEqual(told);
  expect(mistakes).toHaveLength(2);
  listening[Symbol.dispose]();
  events.motionEnded('http');
  expect(later).toHaveLength(2);
});

test('nothing happens after it is disposed', () => {
  const { events, told, pass } = opened();
  events.motion('mqtt');
  events[Symbol.dispose]();
  pass(60_000);
  expect(told).toHaveLength(1);
});

test('motion that lasts until it is ended was there until then', () => {
  const { events, pass } = opened();
  events.motionBegun('mqtt');
  pass(720_000);
  events.motionEnded('mqtt');
  expect(events.lastMotionMs).toBe(720_000);
});
