import type { HttpPages } from '../triggers/http/page.js';
import type { HouseStatus } from './house-status.js';
import { prometheusText, prometheusType } from './prometheus.js';

/** The status of the whole house, for people and programs, and for Prometheus. */
export function statusPages(status: () => HouseStatus): HttpPages {
  return new Map([
    ['status', { type: 'application/json; charset=utf-8', body: () => jsonText(status()) }],
    ['metrics', { type: prometheusType, body: () => prometheusText(status()) }],
  ]);
}

/** For people too: indented, and no more digits than mean something. */
function jsonText(status: HouseStatus): string {
  const rounded = (_name: string, value: unknown): unknown => (typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value);
  return `${JSON.stringify(status, rounded, 2)}\n`;
}
