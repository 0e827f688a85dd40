/** Anything else is refused by HomeKit or makes hap-nodejs warn that the accessory may not be added. */
const refused = /[^\p{L}\p{N}\p{Zs}’'&!._:;()/,-]+/gu;
const refusedAtEnds = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;

/** A camera's name as HomeKit takes it: letters, digits and common punctuation, at least two, with a letter or digit at both ends. */
export function nameForHome(name: string): string {
  const inner = name.replace(refused, ' ');
  // 'Front (Main)' must not become 'Front (Main'.
  const whole = /\)\s*$/u.test(inner) ? inner.replace(/[()]/g, ' ') : inner;
  const home = whole.replace(refusedAtEnds, '').replace(/\p{Zs}+/gu, ' ');
  // hap-nodejs warns of a single character as well.
  return /^.?$/u.test(home) ? `Camera ${home}`.trimEnd() : home;
}
