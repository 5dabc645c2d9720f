/** The rows: by period, as far as they are searched for, loaded and rendered as far as somebody scrolls. */
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ThreadMetadata } from '../../protocol/types.gen';
import { Icon } from '../icons/Icon';
import type { Messages } from '../../i18n/message';
import { useView } from '../view';
import { HistoryRow } from './HistoryRow';
import { move, rowsIn } from './moving';
import { groupByPeriod, monthName } from './periods';
import { matches, words } from './search';

/** So many rows are rendered at first, and so many more each time the end comes near. */
const STEP = 80;
/** How near, in pixels. */
const NEAR = 600;
/** A search reads the list this far by itself, and as far again each time it is told to. */
const REACH = 2000;

export interface HistoryListProps {
  query: string;
  /** The row that is to have the focus once it is there. */
  wish: { current: string | null };
  onSay: (words: string) => void;
  onChosen: () => void;
}

export function HistoryList({ query, wish, onSay, onChosen }: HistoryListProps): VNode {
  const { conversation, store, messages } = useView();
  const t = messages.value;
  const { threads, status, cursor } = store.history.value;
  const box = useRef<HTMLDivElement>(null);
  const wanted = useMemo(() => words(query), [query]);
  const isSearch = wanted.length > 0;
  const found = useMemo(
    () => (isSearch ? threads.filter((thread) => matches(thread.title ?? t.untitled, wanted)) : threads),
    [threads, wanted],
  );
  const [room, setRoom] = useState(STEP);
  const [reach, setReach] = useState(REACH);
  const [stop, setStop] = useState<string | null>(null);
  const rows = found.slice(0, room);

  const fill = (): void => {
    const view = box.current;
    if (!view || view.scrollHeight - view.clientHeight - view.scrollTop > NEAR) return;
    if (found.length > room) setRoom(room + STEP);
    else if (!isSearch && status === 'ready') void conversation.history.loadMore();
  };
  useEffect(fill);
  useEffect(() => {
    setRoom(STEP);
    setReach(REACH);
  }, [query]);
  useEffect(() => {
    if (isSearch && status === 'ready' && threads.length < reach) void conversation.history.loadMore();
  }, [isSearch, status, threads, reach]);
  useEffect(() => {
    if (!isSearch) onSay('');
    else if (status === 'ready')
      onSay(found.length === 0 ? t.noMatches : t.matchCount({ count: found.length }));
  }, [isSearch, status, found]);
  useLayoutEffect(() => {
    if (wish.current === null) return;
    const id = wish.current;
    const row = rowsIn(box.current).find(
      (button) => button.closest<HTMLElement>('.ck-row')?.dataset.id === id,
    );
    if (row) wish.current = null;
    row?.focus();
  });

  const isThere = (id: string | null | undefined): boolean => rows.some((row) => row.id === id);
  const active = store.thread.value?.id;
  const stopId = [stop, active].find(isThere) ?? rows[0]?.id;
  return (
    <div
      class="ck-panel-list"
      ref={box}
      onScroll={fill}
      onKeyDown={(event) => {
        if (!(event.target instanceof HTMLInputElement)) move(event, box.current);
      }}
    >
      {sections(rows, t).map(({ key, label, threads }) => (
        <section key={key}>
          <h3 class="ck-period">{label}</h3>
          <ul>
            {threads.map((thread) => (
              <HistoryRow
                key={thread.id}
                thread={thread}
                wanted={wanted}
                isStop={thread.id === stopId}
                onFocus={() => {
                  setStop(thread.id);
                }}
                onSay={onSay}
                onChosen={onChosen}
              />
            ))}
          </ul>
        </section>
      ))}
      <End
        isEmpty={rows.length === 0}
        isSearch={isSearch}
        isCutOff={isSearch && cursor !== null && threads.length >= reach}
        onFurther={() => {
          setReach(threads.length + REACH);
        }}
      />
    </div>
  );
}

interface Section {
  /** The same as long as the heading is there: rows that move within it keep the focus. */
  readonly key: string;
  readonly label: string;
  readonly threads: readonly ThreadMetadata[];
}

function sections(rows: readonly ThreadMetadata[], t: Messages): Section[] {
  const now = new Date();
  const times = new Map<string, number>();
  return groupByPeriod(rows, now).map(({ period, threads }) => {
    const label = period instanceof Date ? monthName(period, now, t.format.locale) : t[period];
    const count = (times.get(label) ?? 0) + 1;
    times.set(label, count);
    return { key: `${label} ${count}`, label, threads };
  });
}

interface EndProps {
  isEmpty: boolean;
  isSearch: boolean;
  /** Whether the search has stopped before the end of the list. */
  isCutOff: boolean;
  onFurther: () => void;
}

/** The button is about to go: the focus stays in the panel. */
function keepFocus({ currentTarget }: { currentTarget: Element }): void {
  currentTarget.closest<HTMLElement>('[role=dialog]')?.focus();
}

/** What stands after the rows, or in their place. */
function End({ isEmpty, isSearch, isCutOff, onFurther }: EndProps): VNode | null {
  const { conversation, store, messages } = useView();
  const t = messages.value;
  const { threads, status, cursor } = store.history.value;
  if (status === 'failed') {
    const { history } = conversation;
    return (
      <Message icon="warning" text={t.historyFailed} isAlert>
        <button
          type="button"
          class="ck-button"
          onClick={(event) => {
            keepFocus(event);
            void (cursor === null ? history.load() : history.loadMore());
          }}
        >
          <Icon name="reload" />
          {t.reload}
        </button>
      </Message>
    );
  }
  if (isCutOff) {
    return (
      <Message icon="search" text={t.searchedSome({ count: threads.length })}>
        <button
          type="button"
          class="ck-button"
          onClick={(event) => {
            keepFocus(event);
            onFurther();
          }}
        >
          {t.searchFurther}
        </button>
      </Message>
    );
  }
  if (status !== 'ready' && (isEmpty || status === 'more')) {
    return <Bones label={threads.length > 0 ? t.historyMore : t.historyLoading} isShort={!isEmpty} />;
  }
  if (!isEmpty) return null;
  if (isSearch) return <Message icon="search" text={t.noMatches} />;
  return (
    <Message icon="chat-temporary" text={t.historyEmpty}>
      <small>{t.historyEmptyHint}</small>
    </Message>
  );
}

interface MessageProps {
  icon: string;
  text: string;
  isAlert?: boolean;
  children?: VNode;
}

function Message({ icon, text, isAlert, children }: MessageProps): VNode {
  return (
    <div class="ck-empty" role={isAlert ? 'alert' : undefined}>
      <Icon name={icon} />
      <p>{text}</p>
      {children}
    </div>
  );
}

function Bones({ label, isShort }: { label: string; isShort: boolean }): VNode {
  return (
    <div class="ck-skeleton ck-skeleton-rows" role="status" aria-label={label}>
      <span class="ck-bone" />
      {!isShort && <span class="ck-bone" />}
      {!isShort && <span class="ck-bone" />}
    </div>
  );
}
