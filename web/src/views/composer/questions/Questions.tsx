/** The assistant's questions in place of the composer, one after the other; each can be passed over. */
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { StructuredInput, StructuredInputItem } from '../../../protocol/types.gen';
import { IconButton } from '../../IconButton';
import { useView } from '../../view';
import { choose, nothingGiven, optionsOf, recall, submission, write, type Given } from './answers';
import css from './questions.css?inline';

export { english } from '../../../i18n/later';

export { css };

interface Props {
  readonly item: StructuredInputItem;
  /** Whether the focus was in what this takes the place of. */
  readonly hasFocus: boolean;
}

export default function Questions({ item, hasFocus }: Props): VNode {
  const { conversation, store, messages } = useView();
  const t = messages.value;
  const { inputs } = item;
  const [at, setAt] = useState(0);
  const [given, setGiven] = useState<Readonly<Record<string, Given>>>(() => {
    const before = store.answers.peek()[item.id];
    return Object.fromEntries(inputs.map((input) => [input.id, recall(input, before)]));
  });
  const form = useRef<HTMLFormElement>(null);
  const input = inputs[at];
  const isLast = at >= inputs.length - 1;
  const focus = (): void => form.current?.querySelector<HTMLElement>('input, textarea')?.focus();
  useLayoutEffect(() => {
    if (hasFocus) focus();
  }, []);
  const shown = useRef(at);
  useEffect(() => {
    if (shown.current !== at) focus();
    shown.current = at;
  }, [at]);

  const goOn = (answers: Readonly<Record<string, Given>>): void => {
    setGiven(answers);
    if (isLast) conversation.answer(item, submission(inputs, answers));
    else setAt(at + 1);
  };
  const current = (input && given[input.id]) ?? nothingGiven;
  const isAnswered = current.chosen.length > 0 || current.other.trim() !== '';
  return (
    <form
      class="ck-composer ck-questions"
      part="questions"
      ref={form}
      aria-label={t.questions}
      onSubmit={(event) => {
        event.preventDefault();
        goOn(given);
      }}
    >
      {inputs.length > 1 && (
        <p class="ck-question-count">{t.questionOf({ index: at + 1, total: inputs.length })}</p>
      )}
      {inputs.length > 1 && (
        <IconButton
          icon="close"
          class="ck-skip-all"
          label={t.skipAll}
          onClick={() => {
            conversation.answer(item, null);
          }}
        />
      )}
      {input && (
        <Question
          key={input.id}
          input={input}
          given={current}
          onGiven={(answer) => {
            setGiven({ ...given, [input.id]: answer });
          }}
        />
      )}
      <div class="ck-question-row">
        {at > 0 && (
          <button
            type="button"
            class="ck-button"
            onClick={() => {
              setAt(at - 1);
            }}
          >
            {t.previous}
          </button>
        )}
        <span class="ck-question-gap" />
        <button
          type="button"
          class="ck-button"
          onClick={() => {
            goOn(input ? { ...given, [input.id]: nothingGiven } : given);
          }}
        >
          {t.skip}
        </button>
        <button type="submit" class="ck-button ck-button-main" disabled={!isAnswered && !isLast}>
          {isLast ? t.submit : t.next}
        </button>
      </div>
    </form>
  );
}

interface QuestionProps {
  readonly input: StructuredInput;
  readonly given: Given;
  readonly onGiven: (given: Given) => void;
}

function Question({ input, given, onGiven }: QuestionProps): VNode {
  const t = useView().messages.value;
  const options = optionsOf(input);
  const isMultiple = input.type === 'multiple_choice' && input.multiple === true;
  const hint = input.type === 'freeform' ? input.description : isMultiple ? t.chooseSeveral : undefined;
  return (
    <fieldset class="ck-question">
      <legend dir="auto">{input.question}</legend>
      {hint && (
        <p class="ck-question-hint" dir="auto">
          {hint}
        </p>
      )}
      {options.map((value) => (
        <label class="ck-option" key={value}>
          <input
            type={isMultiple ? 'checkbox' : 'radio'}
            name={input.id}
            checked={given.chosen.includes(value)}
            onChange={({ currentTarget }) => {
              onGiven(choose(input, given, value, currentTarget.checked));
            }}
          />
          <span dir="auto">{value}</span>
        </label>
      ))}
      {options.length > 0 ? (
        <input
          class="ck-answer"
          type="text"
          aria-label={t.otherAnswer}
          placeholder={t.otherAnswer}
          value={given.other}
          dir="auto"
          onInput={({ currentTarget }) => {
            onGiven(write(input, given, currentTarget.value));
          }}
        />
      ) : (
        <textarea
          class="ck-answer"
          rows={3}
          aria-label={input.question}
          placeholder={t.typeAnswer}
          value={given.other}
          dir="auto"
          onInput={({ currentTarget }) => {
            onGiven(write(input, given, currentTarget.value));
          }}
        />
      )}
    </fieldset>
  );
}
