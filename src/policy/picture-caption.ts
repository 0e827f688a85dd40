/** A younger picture is as good as one of now. */
const asGoodAsNowMs = 60_000;
/** Before that, a weekday could be that of two days. */
const daysOfWeekday = 7;

/** What an old picture says about when it was taken: '10:42' today, 'Sun 10:42' within the week, '12 Mar' before that. In local time. */
export function captionFor(taken: Date, now: Date): string | undefined {
  if (now.getTime() - taken.getTime() <= asGoodAsNowMs) {
    return undefined;
  }
  const daysAgo = calendarDay(now) - calendarDay(taken);
  if (daysAgo === 0) {
    return timeOfDay(taken);
  }
  return daysAgo < daysOfWeekday ? `${taken.toLocaleDateString('en-GB', { weekday: 'short' })} ${timeOfDay(taken)}` : taken.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
}

/** '10:42', in local time. */
export function timeOfDay(date: Date): string {
  return date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

/** Counted through, one a day whatever the clocks are set to. */
function calendarDay(date: Date): number {
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
}
