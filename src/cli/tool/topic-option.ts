/** Topics and filters of a command line: what is wrong with one, in Mosquitto's words. */
import { utf8Length } from '../../protocol/bytes.ts';
import { LONGEST_TOPIC, isTopicFilter } from '../../topic/topic.ts';
import { isMalformed } from './raw-argument.ts';
import type { ToolDraft } from './tool-option.ts';

/** A topic or filter, as the tool takes it: `-t`, or the end of a URL. */
export function takeTopic(draft: ToolDraft, topic: string, option: string): string | undefined {
  draft.topics.push(topic);
  return draft.tool === 'S'
    ? checkFilter(topic, 'subscription', option)
    : checkTopic(topic, 'publish', option);
}

/** What is wrong with a topic to publish to; an empty one is refused when it is used. */
export function checkTopic(topic: string, kind: string, option: string): string | undefined {
  return (
    checkText(topic, option) ??
    (/[+#]/.test(topic) ? `Error: Invalid ${kind} topic '${topic}', does it contain '+' or '#'?` : undefined)
  );
}

/** What is wrong with a topic filter. */
export function checkFilter(filter: string, kind: string, option: string): string | undefined {
  const problem = checkText(filter, option);
  if (problem !== undefined || filter === '' || isTopicFilter(filter)) return problem;
  return `Error: Invalid ${kind} topic '${filter}', are all '+' and '#' wildcards correct?`;
}

function checkText(text: string, option: string): string | undefined {
  const isWrong = isMalformed(text) || utf8Length(text) > LONGEST_TOPIC;
  return isWrong ? `Error: Malformed UTF-8 in ${option} argument.\n` : undefined;
}
