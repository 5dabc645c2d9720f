/** The whole element: header, start screen or thread, composer, history. */
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { direction } from '../i18n/message';
import { lazy } from '../lazy';
import { NEW_TAB } from '../rich/outward';
import { Footer } from './composer/Composer';
import { KeyboardRoom } from './extras';
import { Header } from './header/Header';
import { StartScreen } from './start/StartScreen';
import { Announcer } from './thread/Announcer';
import { Thread } from './thread/Thread';
import { useView, ViewContext, type View } from './view';

const HistoryPanel = lazy(() => import('./history/HistoryPanel'), { loading: () => null });

export function App({ view }: { view: View }): VNode {
  const { options, messages } = view;
  const { locale, frameTitle } = options.value;
  const root = useRef<HTMLDivElement>(null);
  return (
    <ViewContext.Provider value={view}>
      <div
        class="ck-root"
        ref={root}
        part="root"
        role="region"
        aria-label={frameTitle ?? messages.value.frameTitle}
        lang={messages.value.format.locale}
        dir={direction(locale)}
      >
        <slot name="header" />
        <Header />
        <Stage />
        <Footer />
        <History />
        <Announcer />
        <span id={NEW_TAB} hidden>
          {messages.value.newTab}
        </span>
        <KeyboardRoom root={root} />
      </div>
    </ViewContext.Provider>
  );
}

function Stage(): VNode {
  const { store } = useView();
  const isNew = store.thread.value === null && store.isEmpty.value && store.phase.value !== 'loading';
  return <div class="ck-main">{isNew ? <StartScreen /> : <Thread />}</div>;
}

function History(): VNode | null {
  const { store } = useView();
  return store.isHistoryOpen.value || store.deleted.value ? <HistoryPanel /> : null;
}
