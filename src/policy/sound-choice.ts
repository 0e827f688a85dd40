/**
 * How a connection asks for the camera's sound. FFmpeg ends where it is asked for sound that the camera does not have or that the
 * container cannot hold; what was found out is remembered, so that each camera pays for that once. Pure.
 */
export type SoundAsk = 'mov' | 'mp4' | 'none';

/** MOV holds nearly everything, Opus only MP4. */
export const firstSoundAsk: SoundAsk = 'mov';

/** 'absent': no microphone; 'unfit': the container cannot hold the sound. */
export type SoundTrouble = 'absent' | 'unfit';

export interface SoundFailure {
  readonly asked: SoundAsk;
  readonly trouble: SoundTrouble;
}

/** What the next connection asks for, and why. */
export function soundAfter({ asked, trouble }: SoundFailure): { readonly ask: SoundAsk; readonly because: string } {
  if (trouble === 'absent') {
    return { ask: 'none', because: 'the camera has no microphone' };
  }
  return asked === 'mov' ? { ask: 'mp4', because: 'its sound does not fit into MOV' } : { ask: 'none', because: 'its sound fits into no container' };
}
