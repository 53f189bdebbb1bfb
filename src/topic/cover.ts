/** Whether all that one topic filter asks for is within another one: subscriptions below rules. §4.7 */

/**
 * Whether every topic that `filter` matches is matched by `rule` too, both being valid filters without `$share`. Levels
 * are compared one by one, so that `+/#` is not seen to hold all of `#`: it says no where it does not see it.
 */
export function covers(rule: string, filter: string): boolean {
  // [MQTT-4.7.2-1]
  if (filter.startsWith('$') && !rule.startsWith('$')) return false;
  const levels = filter.split('/');
  const limits = rule.split('/');
  for (const [at, limit] of limits.entries()) {
    if (limit === '#') return true;
    const level = levels[at];
    if (level === undefined || level === '#' || (limit !== '+' && limit !== level)) return false;
  }
  return limits.length === levels.length;
}
