/** Whether a topic is one of those that a filter means. MQTT 3.1.1, 4.7: + stands for one level, # for the rest, none of both for $SYS. */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) {
    return false;
  }
  const rest = wanted.indexOf('#');
  // "a/#" also means "a" itself.
  const fixed = rest === -1 ? wanted : wanted.slice(0, rest);
  const lengthFits = rest === -1 ? levels.length === fixed.length : levels.length >= fixed.length;
  return lengthFits && fixed.every((level, index) => level === '+' || level === levels[index]);
}
