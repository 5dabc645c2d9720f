/** The whole element: header, start screen or thread, composer, history. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { direction } from '../i18n/locale';
import { copyText, turns } from '../state/selectors';
import { Footer } from './composer/Composer';
import { Header } from './header/Header';
import { HistoryPanel } from './history/HistoryPanel';
import { StartScreen } from './start/StartScreen';
import { Thread } from './thread/Thread';
import { useView, ViewContext, type View } from './view';

export function App({ view }: { view: View }): VNode {
  const { options, messages } = view;
  const { locale, frameTitle } = options.value;
  return (
    <ViewContext.Provider value={view}>
      <div
        class="ck-root"
        part="root"
        role="region"
        aria-label={frameTitle ?? messages.value.frameTitle}
        lang={locale}
        dir={direction(locale)}
      >
        <Header />
        <Stage />
        <Footer />
        <HistoryPanel />
        <Announcer />
      </div>
    </ViewContext.Provider>
  );
}

function Stage(): VNode {
  const { store } = useView();
  const { thread, entries, failure } = store.chat.value;
  const isNew =
    thread === null && entries.length === 0 && failure === null && store.phase.value !== 'loading';
  return <div class="ck-main">{isNew ? <StartScreen /> : <Thread />}</div>;
}

/** Reads out a finished answer, once and whole. */
function Announcer(): VNode {
  const { store } = useView();
  const [said, setSaid] = useState('');
  const phase = store.phase.value;
  const before = useRef(phase);
  useEffect(() => {
    const hasEnded = before.current === 'responding' && phase === 'idle';
    before.current = phase;
    if (phase === 'responding') setSaid('');
    if (!hasEnded) return;
    const last = turns(store.chat.peek().entries).at(-1);
    if (last) setSaid(copyText(last));
  }, [phase]);
  return (
    <div class="ck-hidden" role="status" aria-live="polite">
      {said}
    </div>
  );
}
