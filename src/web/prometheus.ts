import type { HouseStatus } from './house-status.js';
import { metrics, type Labels, type Sample } from './metrics.js';

/** The status as Prometheus reads it: its text exposition format 0.0.4. Pure. */

export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8';

const prefix = 'camera_hub_';

export function prometheusText(house: HouseStatus): string {
  const lines = metrics.flatMap(({ name, type, help, samples }) => {
    const values = addedUp(samples(house));
    return values.length === 0 ? [] : [`# HELP ${prefix}${name} ${escaped(help)}`, `# TYPE ${prefix}${name} ${type}`, ...values.map(([labels, value]) => `${prefix}${name}${labels} ${value}`)];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** Two samples of a metric with the same labels are none to Prometheus: two encoders of one stream count together. */
function addedUp(samples: readonly Sample[]): [labels: string, value: number][] {
  const sums = new Map<string, number>();
  for (const { labels, value } of samples) {
    const number = Number(value ?? NaN);
    if (Number.isFinite(number)) {
      const text = labelText(labels);
      // Without what binary fractions add at the end: 0.291, not 0.29100000000000004.
      sums.set(text, Number(((sums.get(text) ?? 0) + number).toPrecision(12)));
    }
  }
  return [...sums];
}

/** {camera="Front Door",stream="main"}; those that are undefined are left out. */
function labelText(labels: Labels): string {
  const texts = Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${escaped(value).replaceAll('"', '\\"')}"`]));
  return texts.length === 0 ? '' : `{${texts.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
