/** What has been chosen and written in answer to questions, and what is sent of it. Pure. */
import type { StructuredInput } from '../../../protocol/types.gen';
import type { Answers } from '../../../state/store';

export interface Given {
  readonly chosen: readonly string[];
  /** In the person's own words; options are suggestions. */
  readonly other: string;
}

export const nothingGiven: Given = { chosen: [], other: '' };

export function optionsOf(input: StructuredInput): string[] {
  return input.type === 'multiple_choice' ? input.options.map((option) => option.value) : [];
}

/** What was given before, as far as it was sent. */
export function recall(input: StructuredInput, answers: Answers | undefined): Given {
  const values = answers?.[input.id]?.values ?? [];
  const options = optionsOf(input);
  return {
    chosen: values.filter((value) => options.includes(value)),
    other: values.filter((value) => !options.includes(value)).join('\n'),
  };
}

/** With `value` chosen, or not any more; one choice takes the place of another, unless several may be made. */
export function choose(input: StructuredInput, given: Given, value: string, isChosen: boolean): Given {
  const isMultiple = input.type === 'multiple_choice' && input.multiple === true;
  if (!isMultiple) return isChosen ? { chosen: [value], other: '' } : nothingGiven;
  const others = given.chosen.filter((one) => one !== value);
  return { ...given, chosen: isChosen ? [...others, value] : others };
}

export function write(input: StructuredInput, given: Given, other: string): Given {
  const isMultiple = input.type === 'multiple_choice' && input.multiple === true;
  return { chosen: isMultiple || other === '' ? given.chosen : [], other };
}

/** The answers to send, in the order of the options; null if there is none. */
export function submission(
  inputs: readonly StructuredInput[],
  given: Readonly<Record<string, Given>>,
): Answers | null {
  const answers = inputs.map((input): [string, Answers[string]] => {
    const { chosen, other } = given[input.id] ?? nothingGiven;
    const values = optionsOf(input).filter((value) => chosen.includes(value));
    if (other.trim() !== '') values.push(other.trim());
    return [input.id, { values, skipped: values.length === 0 }];
  });
  return answers.every(([, answer]) => answer.skipped) ? null : Object.fromEntries(answers);
}
