import { z } from 'zod';
import { option } from './option-text.js';

const percent = (title: string, description: string) => option(z.int().min(1).max(100).exactOptional(), { title, description, allowed: 'a whole number of percent from 1 to 100' });

const ladder = z
  .strictObject({
    analysisAbove: percent('Look for motion less often above (%)', 'So busy, and motion is looked for half as often, then in keyframes only. 60 unless the target says otherwise.'),
    frameRateAbove: percent('Fewer pictures a second above (%)', 'So busy, and converted live views lose five pictures a second at a time, down to ten. 80 unless the target says otherwise.'),
    sizeAbove: percent('Smaller pictures above (%)', 'So busy, and converted live views become one step smaller at a time. 85 unless the target says otherwise.'),
    refuseAbove: percent('Convert nothing new above (%)', 'So busy, and a new live view gets the camera\'s own stream, or what is converted already. 90 unless the target says otherwise.'),
    backPoints: option(z.int().min(1).max(50).default(15), { title: 'Back when so much lower (points)', description: 'A step is taken back when the machine is so many percent points less busy than where it is taken.' }),
    backAfter: option(z.int().min(2).max(3_600).default(30), { title: 'Back after (seconds)', description: 'For so long the machine must be less busy before a step is taken back.' }),
    measuredOver: option(z.int().min(2).max(300).default(10), { title: 'Measured over (seconds)', description: 'Over so long the load is averaged, and so long each step is given to show what it brings.' }),
  })
  .refine(({ analysisAbove = 0, frameRateAbove = analysisAbove, sizeAbove = frameRateAbove, refuseAbove = sizeAbove }) => analysisAbove <= frameRateAbove && frameRateAbove <= sizeAbove && sizeAbove <= refuseAbove);

/** What all cameras together may take. What a single one may take stands beside its other options. */
export const houseLimitOptions = {
  maxWidth: option(z.int().min(160).max(7_680).exactOptional(), {
    title: 'Largest width in all cameras (pixels)',
    description: 'Live views of no camera are wider than this. Leave it empty for no limit but the cameras\' own.',
    section: 'Limits',
    allowed: 'a whole number of pixels from 160 to 7680',
  }),
  maxHeight: option(z.int().min(90).max(4_320).exactOptional(), {
    title: 'Largest height in all cameras (pixels)',
    description: 'Live views of no camera are higher than this. Leave it empty for no limit but the cameras\' own.',
    section: 'Limits',
    allowed: 'a whole number of pixels from 90 to 4320',
  }),
  maxFps: option(z.int().min(1).max(60).exactOptional(), {
    title: 'Most pictures a second in all cameras',
    description: 'Live views of no camera show more pictures a second than this. Leave it empty for no limit but the cameras\' own.',
    section: 'Limits',
    allowed: 'a whole number of pictures a second from 1 to 60',
  }),
  maxBitrate: option(z.int().min(50).max(100_000).exactOptional(), {
    title: 'Highest bitrate in all cameras (kbit/s)',
    description: 'Each live view of any camera takes no more kilobits a second than this. Leave it empty for no limit but the cameras\' own.',
    section: 'Limits',
    allowed: 'a whole number of kilobits a second from 50 to 100000',
  }),
  maxStreams: option(z.int().min(1).max(128).exactOptional(), {
    title: 'Live views in the whole house',
    description: 'How many devices may watch at the same time, all cameras together. Leave it empty for no limit but the cameras\' own.',
    section: 'Limits',
    allowed: 'a whole number from 1 to 128',
  }),
  maxTranscodes: option(z.int().min(1).max(64).exactOptional(), {
    title: 'Conversions at the same time',
    description: 'No more live views than this are converted at the same time, recordings that have to be converted included. Who comes later gets the camera\'s own stream, or what is converted already, or waits. Recordings are never refused. Leave it empty for no limit.',
    section: 'Limits',
    allowed: 'a whole number from 1 to 64',
  }),
  maxMemory: option(z.int().min(64).max(65_536).exactOptional(), {
    title: 'Memory for all cameras (MiB)',
    description: 'For what is kept of the cameras\' pictures, and for their FFmpegs. Above it the past that is kept is shortened, first of cameras that are not recorded; a recording then begins without a past. Leave it empty for no limit.',
    section: 'Limits',
    allowed: 'a whole number of mebibytes from 64 to 65536',
  }),
  cpuTarget: option(z.int().min(20).max(90).default(80), {
    title: 'Keep the machine below (% busy)',
    description: 'When this machine, or the container that Homebridge runs in, is busier than this, converted live views give way, motion detection before them. Recordings never do.',
    section: 'Limits',
    allowed: 'a whole number of percent from 20 to 90',
  }),
  limits: option(ladder.default({ backPoints: 15, backAfter: 30, measuredOver: 10 }), {
    title: 'When what gives way',
    description: 'Leave this as it is, unless you know why. The percentages follow from the target above.',
    section: 'Limits',
    allowed: 'a group like { "analysisAbove": 60, "frameRateAbove": 80, "sizeAbove": 85, "refuseAbove": 90, "backPoints": 15, "backAfter": 30, "measuredOver": 10 }, in which the percentages rise',
  }),
  alertAfter: option(z.int().min(1).max(1_440).default(5), {
    title: 'Report a problem after (minutes)',
    description: 'A camera that is away for so long, or a machine that is too busy for so long, is reported: in the log, by MQTT, and by the cameras that have a sensor for it.',
    section: 'Limits',
    allowed: 'a whole number of minutes from 1 to 1440',
  }),
} as const;
