/** What a sound consists of mostly. */
export interface Tone {
  /** The strongest frequency; exact to a fraction of a hertz for a steady tone. NaN for silence. */
  readonly hz: number;
  /** How much of all energy lies there, 0 to 1. */
  readonly share: number;
}

const longestWindow = 8192;
/** A Hann window spreads a tone over two bins to each side, one more for a tone between two bins. */
const spread = 3;

/** The strongest tone of a sound, from the mean of its spectra (Welch's method). */
export function toneAt(samples: Int16Array, sampleRate: number): Tone {
  const size = Math.min(longestWindow, 2 ** Math.floor(Math.log2(Math.max(64, samples.length))));
  const transform = fourier(size);
  const hann = Float64Array.from({ length: size }, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / size));
  const power = new Float64Array(size / 2);
  for (let start = 0; start + size <= samples.length; start += size / 2) {
    const windowed = hann.map((weight, index) => weight * (samples[start + index] ?? 0));
    const spectrum = transform(windowed);
    power.forEach((sum, bin) => (power[bin] = sum + (spectrum.real[bin] ?? 0) ** 2 + (spectrum.imaginary[bin] ?? 0) ** 2));
  }
  const all = sum(power);
  if (all === 0) {
    return { hz: NaN, share: 0 };
  }
  const peak = power.indexOf(power.reduce((most, each) => Math.max(most, each), 0));
  const [below = 1, at = 1, above = 1] = [peak - 1, peak, peak + 1].map((bin) => Math.log(Math.max(1, power[bin] ?? 1)));
  // The top of the parabola through the three highest bins.
  const curve = below - 2 * at + above;
  const between = curve === 0 ? 0 : (below - above) / (2 * curve);
  return { hz: ((peak + between) * sampleRate) / size, share: sum(power.subarray(Math.max(0, peak - spread), peak + spread + 1)) / all };
}

function sum(values: Float64Array): number {
  return values.reduce((total, each) => total + each, 0);
}

interface Spectrum {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** A fast Fourier transform (Cooley and Tukey, radix 2). Its sines are made once: Jest makes `Math` slow. */
function fourier(size: number): (values: Float64Array) => Spectrum {
  const cosines = Float64Array.from({ length: size / 2 }, (_, index) => Math.cos((2 * Math.PI * index) / size));
  const sines = Float64Array.from({ length: size / 2 }, (_, index) => -Math.sin((2 * Math.PI * index) / size));
  const bits = Math.log2(size);
  const reversed = Uint32Array.from({ length: size }, (_, index) => {
    let turned = 0;
    for (let bit = 0; bit < bits; bit += 1) {
      turned = (turned << 1) | ((index >> bit) & 1);
    }
    return turned;
  });
  return (values) => {
    const real = new Float64Array(size);
    const imaginary = new Float64Array(size);
    values.forEach((value, index) => (real[reversed[index] ?? 0] = value));
    for (let half = 1; half < size; half *= 2) {
      const step = size / (2 * half);
      for (let block = 0; block < size; block += 2 * half) {
        for (let index = 0; index < half; index += 1) {
          const [one, other] = [block + index, block + index + half];
          const [cosine, sine] = [cosines[index * step] ?? 0, sines[index * step] ?? 0];
          const [oneReal, oneImaginary, otherReal, otherImaginary] = [real[one] ?? 0, imaginary[one] ?? 0, real[other] ?? 0, imaginary[other] ?? 0];
          const turnedReal = otherReal * cosine - otherImaginary * sine;
          const turnedImaginary = otherReal * sine + otherImaginary * cosine;
          real[one] = oneReal + turnedReal;
          imaginary[one] = oneImaginary + turnedImaginary;
          real[other] = oneReal - turnedReal;
          imaginary[other] = oneImaginary - turnedImaginary;
        }
      }
    }
    return { real, imaginary };
  };
}
