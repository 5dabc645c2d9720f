/** One turn: what was asked, what answered it, and what can be done with that. */
import { useComputed, type ReadonlySignal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { UserMessageItem } from '../../protocol/types.gen';
import { plainText, type Entry } from '../../state/model';
import type { Turn } from '../../state/turns';
import { QuoteButton } from '../extras';
import { Reply } from '../message/Reply';
import { TurnActions } from '../message/actions';
import { UserMessage } from '../message/UserMessage';
import { useView } from '../view';
import type { Quotable } from './quoting';
import type { Scroller } from './scroller';
import { Tail } from './Tail';

export interface RowProps {
  /** Of the turn. */
  turnKey: string;
  index: number;
  /** How many there are; -1 if nobody knows, since older ones have not been loaded. */
  total: number;
  isLast: boolean;
  isLive: boolean;
  scroller: Scroller;
  quotable: ReadonlySignal<Quotable | null>;
}

export function Row({ turnKey, index, total, isLast, isLive, scroller, quotable }: RowProps): VNode | null {
  const { store, messages } = useView();
  const t = messages.value;
  const row = useRef<HTMLElement>(null);
  // Every event makes new turns: only a row whose own has changed is rendered again.
  const turn = useComputed(() => find(store.turns.value.list, turnKey, index)).value;
  const unread = useComputed(() => store.unread.value?.key).value;
  const quote = useComputed(() => (quotable.value?.turn === turnKey ? quotable.value : null)).value;
  useLayoutEffect(() => (row.current ? scroller.enter(turnKey, row.current) : undefined), []);
  if (!turn) return null;
  return (
    <article
      class="ck-turn"
      ref={row}
      data-key={turnKey}
      data-live={isLive ? '' : undefined}
      tabIndex={-1}
      aria-label={nameOf(turn)}
      aria-posinset={index + 1}
      aria-setsize={total}
    >
      {turn.message && (
        <Marked isNew={turn.message.key === unread}>
          <Message entry={turn.message} isLast={isLast} />
        </Marked>
      )}
      {turn.replies.map((entry) => (
        <Marked key={entry.key} isNew={entry.key === unread}>
          <KeptReply entry={entry} />
          {quote?.entry === entry.key && <QuoteButton key={quote.text} quotable={quote} />}
        </Marked>
      ))}
      {isStopped(turn) && <p class="ck-stopped">{t.stopped}</p>}
      {isLast ? <Tail turn={turn} /> : !turn.goesOn && <TurnActions turn={turn} isLast={false} />}
    </article>
  );
}

function isStopped({ message, replies }: Turn): boolean {
  return message?.isStopped === true || replies.some((entry) => entry.isStopped);
}

/** Where a row's turn is; older ones may have come before it since the row was last rendered. */
function find(list: readonly Turn[], key: string, index: number): Turn | undefined {
  return list[index]?.key === key ? list[index] : list.find((turn) => turn.key === key);
}

/** Enough of the message, or of the answer, to know it by. */
function nameOf({ message, replies }: Turn): string {
  const item = (message ?? replies.find((entry) => entry.item.type === 'assistant_message'))?.item;
  const text =
    item?.type === 'user_message'
      ? plainText(item.content)
      : item?.type === 'assistant_message'
        ? (item.content[0]?.text ?? '')
        : '';
  return text.slice(0, 80).replace(/\s+/g, ' ').trim();
}

function Marked({ isNew, children }: { isNew: boolean; children: ComponentChildren }): VNode {
  const t = useView().messages.value;
  return (
    <>
      {isNew && (
        <div class="ck-new" part="new" role="separator" aria-label={t.newMessages}>
          <span>{t.newMessages}</span>
        </div>
      )}
      {children}
    </>
  );
}

/** The same element for the same entry: Preact then leaves it alone. */
function Message({ entry, isLast }: { entry: Entry; isLast: boolean }): VNode {
  const phase = useView().store.phase.value;
  const isUnsent = entry.isLocal && (!isLast || phase === 'idle');
  return useMemo(
    () => <UserMessage item={entry.item as UserMessageItem} isUnsent={isUnsent} />,
    [entry, isUnsent],
  );
}

function KeptReply({ entry }: { entry: Entry }): VNode {
  return useMemo(() => <Reply entry={entry} />, [entry]);
}
