import { z } from 'zod';
import { option } from './option-text.js';

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
};
