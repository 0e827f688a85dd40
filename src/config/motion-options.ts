import { z } from 'zod';
import { option } from './option-text.js';

const fraction = (title: string, description: string) => option(z.number().min(0).max(1), { title, description });

/** Of the picture: what is smaller is a slip of the hand. */
const leastArea = 0.0005;

/** Of a polygon, by the shoelace formula. */
function areaOf(corners: readonly { readonly x: number; readonly y: number }[]): number {
  const twice = corners.reduce((sum, { x, y }, index) => {
    const next = corners[(index + 1) % corners.length];
    return next ? sum + x * next.y - next.x * y : sum;
  }, 0);
  return Math.abs(twice) / 2;
}

const zone = z.object({
  kind: option(z.enum(['include', 'exclude']).default('include'), {
    title: 'What this area is for',
    description: 'Motion counts inside the areas that are looked at, or everywhere where there are none; never inside those that are left out.',
    choices: { include: 'Look here', exclude: 'Leave out' },
  }),
  points: option(
    z
      .array(z.object({ x: fraction('From the left', 'From 0 (left edge) to 1 (right edge).'), y: fraction('From the top', 'From 0 (top edge) to 1 (bottom edge).') }))
      .min(3)
      .max(32)
      .refine((corners) => areaOf(corners) >= leastArea),
    { title: 'Corners', description: 'At least three corners, one after the other, in fractions of the picture.' },
  ),
});

/** A part of the picture in which motion counts, or does not. */
export type MotionZone = z.output<typeof zone>;

/** How a camera sees motion by itself. */
export const motionOptions = {
  motionDetection: option(z.enum(['auto', 'on', 'off']).default('auto'), {
    title: 'Motion detection',
    description: 'Looks for motion in the picture. Automatic does so while recordings of this camera are switched on in the Home app and nothing else (MQTT) reports motion. A second, smaller stream makes it cheap.',
    section: 'Motion',
    choices: { auto: 'Automatic', on: 'Always', off: 'Never' },
  }),
  motionSensitivity: option(z.int().min(1).max(100).default(50), {
    title: 'Sensitivity',
    description: 'From 1 (only something large and clear) to 100 (the slightest change).',
    section: 'Motion',
  }),
  motionZones: option(z.array(zone).max(16).default([]), {
    title: 'Areas of the picture',
    description: 'Where motion counts, and where it does not. Without any, the whole picture counts.',
    section: 'Motion',
    allowed: 'a list of at most 16 areas like { "kind": "exclude", "points": [{ "x": 0, "y": 0 }, { "x": 1, "y": 0 }, { "x": 1, "y": 0.3 }] }, with x and y from 0 to 1, and corners that enclose some of the picture',
  }),
  motionMinDuration: option(z.number().min(0).max(10).default(0.4), {
    title: 'Shortest motion (seconds)',
    description: 'Something must move for so long before it counts.',
    section: 'Motion',
    allowed: 'a number of seconds from 0 to 10',
  }),
  motionTimeout: option(z.int().min(1).max(3_600).default(30), {
    title: 'Motion ends after (seconds)',
    description: 'So long after the last motion the sensor reports that nothing moves any more.',
    section: 'Motion',
    allowed: 'a whole number of seconds from 1 to 3600',
  }),
  motionDetectionSwitch: option(z.boolean().default(false), {
    title: 'Switch for motion detection',
    description: 'Adds a switch that turns motion detection on and off, for automations. Once it was turned, it takes the place of what is set above.',
    section: 'Motion',
  }),
  motionSwitch: option(z.boolean().default(false), {
    title: 'Switch that reports motion',
    description: 'Adds a switch to the camera: while it is on, the camera reports motion, so that recordings and automations can be tried, or started by other accessories.',
    section: 'Motion',
  }),
} as const;

/** What else a camera is in the Home app. */
export const sensorOptions = {
  doorbell: option(z.boolean().default(false), {
    title: 'Doorbell',
    description: 'The camera is a doorbell: a press, reported by MQTT or HTTP, rings in the Home app and shows its picture. Changing this may make the Home app forget that recording was chosen.',
    section: 'Doorbell and sensors',
  }),
  occupancySensor: option(z.boolean().default(false), {
    title: 'Occupancy sensor',
    description: 'Adds a sensor that says "somebody is still there": something moved within the last minutes.',
    section: 'Doorbell and sensors',
  }),
  occupancyTimeout: option(z.int().min(1).max(1_440).default(10), {
    title: 'Somebody is there for (minutes)',
    description: 'So long after the last motion the occupancy sensor still says that somebody is there.',
    section: 'Doorbell and sensors',
    allowed: 'a whole number of minutes from 1 to 1440',
  }),
  problemSensor: option(z.boolean().default(false), {
    title: 'Sensor for problems',
    description: 'Adds a contact sensor that opens while something is wrong with this camera for some minutes (see "Limits"), so that an automation can tell somebody.',
    section: 'Doorbell and sensors',
  }),
  privacySwitch: option(z.boolean().default(false), {
    title: 'Privacy switch',
    description: 'Adds a switch: while it is on, the plugin is not connected to the camera at all, and a drawn picture says so.',
    section: 'Doorbell and sensors',
  }),
} as const;
