/** Questions of the assistant that are over: what was answered to each. */
import type { VNode } from 'preact';
import type { StructuredInputItem } from '../../../protocol/types.gen';
import { Icon } from '../../icons/Icon';
import { useView } from '../../view';
import css from './answered.css?inline';

export { english } from '../../../i18n/later';

export { css };

export default function Answered({ item }: { item: StructuredInputItem }): VNode {
  const t = useView().messages.value;
  const isSkipped = item.status === 'skipped';
  return (
    <div class="ck-answered" part="answers">
      <p>
        <Icon name="circle-question" />
        {isSkipped ? t.questionsSkipped : t.questionsAnswered}
      </p>
      {!isSkipped && (
        <dl>
          {item.inputs.map(({ id, question, answer }) => (
            <div key={id}>
              <dt dir="auto">{question}</dt>
              <dd dir="auto">{answer?.values?.length ? answer.values.join(', ') : t.skipped}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
