/** Topics that are the broker's own. */

/** `$SYS`: made anew at each start, and not kept. */
export function isOwnTopic(topic: string): boolean {
  return topic.startsWith('$SYS/');
}
