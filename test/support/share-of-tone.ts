/** How much of the sound (16 bits, mono) is a tone of this frequency: 0 to 1. */
export function shareOfTone(pcm: Buffer, sampleRate: number, hertz: number): number {
  let [cosine, sine, energy] = [0, 0, 0];
  const samples = pcm.length / 2;
  for (let at = 0; at < samples; at++) {
    const value = pcm.readInt16LE(2 * at);
    cosine += value * Math.cos((2 * Math.PI * hertz * at) / sampleRate);
    sine += value * Math.sin((2 * Math.PI * hertz * at) / sampleRate);
    energy += value * value;
  }
  return energy === 0 ? 0 : (2 * (cosine * cosine + sine * sine)) / samples / energy;
}
