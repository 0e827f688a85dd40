import { z } from 'zod';
import { option, optionalText } from './option-text.js';

/** A word as FFmpeg's lists have them. */
const ffmpegName = z
  .string()
  .trim()
  .max(64)
  .regex(/^[A-Za-z0-9_.-]*$/)
  .exactOptional();

const talkback = z
  .strictObject({
    enabled: option(z.boolean().default(true), { title: 'Talk to the camera', description: 'The Home app shows a microphone button where the camera can be talked to, through its own ONVIF backchannel or as set below.' }),
    target: option(optionalText(2048), {
      title: 'Where FFmpeg sends what is said',
      description: 'Leave this empty to use the camera\'s own backchannel. An address or a device, for a camera or a speaker that has none.',
      placeholder: 'http://user:password@192.168.1.20/audio/input',
      secret: true,
    }),
    format: option(ffmpegName, { title: 'Format', description: 'How FFmpeg is to pack it: the name of one of its output formats.', placeholder: 'mulaw' }),
    codec: option(ffmpegName, { title: 'Codec', description: 'How FFmpeg is to encode it: the name of one of its encoders. It gets 8000 Hz, mono.', placeholder: 'pcm_mulaw' }),
    arguments: option(z.array(z.string().max(512)).max(32).default([]), {
      title: 'More arguments',
      description: 'What FFmpeg needs besides for this output, one by one: they come just before the address.',
    }),
  })
  .refine(({ target, format, codec }) => (target === undefined && format === undefined && codec === undefined) || (target !== undefined && !target.startsWith('-') && format !== undefined && codec !== undefined));

/** What is heard of a camera. */
export const soundOptions = {
  audio: option(z.boolean().default(true), {
    title: 'Microphone',
    description: 'Sound in live views and recordings, where the camera has a microphone. Off, the sound is not even asked of the camera.',
    section: 'Sound',
  }),
  audioGain: option(z.int().min(-30).max(30).default(0), {
    title: 'Louder or softer (dB)',
    description: 'How much louder (6 is about twice) or softer the sound of live views is than what the camera sends.',
    section: 'Sound',
    allowed: 'a whole number of decibels from -30 to 30',
  }),
  noiseFilter: option(z.boolean().default(false), {
    title: 'Less noise',
    description: 'Takes hiss and rumble out of the sound of live views. Costs a little computing power while somebody watches.',
    section: 'Sound',
  }),
  aacEld: option(z.boolean().default(false), {
    title: 'Offer AAC-ELD too',
    description: 'Leave this off: Opus is heard on every Apple device. On, the devices may choose AAC-ELD instead, where an FFmpeg with libfdk_aac is found. That has not been heard on a device yet.',
    section: 'Sound',
  }),
  talkback: option(talkback.default({ enabled: true, arguments: [] }), {
    title: 'Talking to the camera',
    description: 'Leave this as it is for cameras with an ONVIF backchannel.',
    section: 'Sound',
    secret: true,
    allowed: 'a group like { "target": "http://192.168.1.20/audio", "format": "mulaw", "codec": "pcm_mulaw", "arguments": ["-method", "POST"] }, in which target, format and codec come together, or { "enabled": false }',
  }),
};

/** How a camera is talked to, as the user sets it. */
export type TalkbackOptions = z.output<typeof talkback>;
