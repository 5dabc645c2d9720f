/** What takes the place of the composer's buttons while somebody dictates: how loud it is, and how to end it. */
import type { RefObject, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ComposerProblem } from '../../../state/store';
import { IconButton } from '../../IconButton';
import { useView } from '../../view';
import { typeInto } from '../typing';
import css from './dictation.css?inline';
import { base64, record, type Recorder } from './recorder';

export { english } from '../../../i18n/later';

export { css };

/** How many levels are seen at once, and how many milliseconds one lasts. */
const BARS = 32;
const BEAT = 90;

export default function Dictation({ area }: { area: RefObject<HTMLTextAreaElement | null> }): VNode {
  const { conversation, store, messages } = useView();
  const t = messages.value;
  const [recorder, setRecorder] = useState<Recorder | null>(null);
  const [isTranscribing, setTranscribing] = useState(false);
  const abort = useRef(new AbortController());
  const finishing = useRef<HTMLButtonElement>(null);

  const leave = (problem: ComposerProblem | null): void => {
    store.composerProblem.value = problem;
    store.isDictating.value = false;
    area.current?.focus();
  };
  const fail = (thrown: unknown, problem: ComposerProblem): void => {
    if (abort.current.signal.aborted) return;
    conversation.report(thrown);
    leave(problem);
  };

  useEffect(() => {
    const { signal } = abort.current;
    store.composerProblem.value = null;
    record().then(
      (begun) => {
        signal.addEventListener('abort', begun.cancel);
        if (signal.aborted) begun.cancel();
        else setRecorder(begun);
      },
      (thrown: unknown) => {
        const isMissing = thrown instanceof DOMException && thrown.name === 'NotFoundError';
        fail(thrown, { about: isMissing ? 'microphoneMissing' : 'microphoneDenied' });
      },
    );
    return () => {
      abort.current.abort();
    };
  }, []);
  useEffect(() => {
    finishing.current?.focus();
  }, [recorder]);

  const finish = async (begun: Recorder): Promise<void> => {
    setTranscribing(true);
    const { signal } = abort.current;
    try {
      signal.removeEventListener('abort', begun.cancel);
      const audio = await begun.finish();
      const text = await conversation.transcribe(await base64(audio), audio.type, signal);
      if (signal.aborted) return;
      leave(null);
      if (area.current) insert(area.current, text.trim());
    } catch (thrown) {
      fail(thrown, { about: 'dictationFailed' });
    }
  };

  return (
    <div
      class="ck-composer-row ck-dictation"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        leave(null);
      }}
    >
      <IconButton
        icon="close"
        label={t.cancelDictation}
        onClick={() => {
          leave(null);
        }}
      />
      <span class="ck-hidden" role="status">
        {isTranscribing ? t.transcribing : recorder && t.recording}
      </span>
      {isTranscribing ? (
        <span class="ck-transcribing" aria-hidden="true">
          <span class="ck-spinner" />
          {t.transcribing}
        </span>
      ) : (
        <Levels recorder={recorder} />
      )}
      <IconButton
        icon="check"
        class="ck-send"
        label={t.finishDictation}
        isDisabled={recorder === null || isTranscribing}
        buttonRef={finishing}
        onClick={() => {
          if (recorder) void finish(recorder);
        }}
      />
    </div>
  );
}

/** The last seconds of loudness, the newest at the end. */
function Levels({ recorder }: { recorder: Recorder | null }): VNode {
  const [levels, setLevels] = useState<readonly number[]>(() => Array<number>(BARS).fill(0));
  useEffect(() => {
    if (!recorder) return;
    const timer = setInterval(() => {
      setLevels((known) => [...known.slice(1), recorder.level()]);
    }, BEAT);
    return () => {
      clearInterval(timer);
    };
  }, [recorder]);
  const path = levels
    .map((level, at) => {
      const half = 1 + level * 10;
      return `M${at * 5 + 2.5} ${12 - half}v${half * 2}`;
    })
    .join('');
  return (
    <svg class="ck-levels" viewBox={`0 0 ${BARS * 5} 24`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

/** Puts what was said where the caret is, apart from the words around it. */
function insert(area: HTMLTextAreaElement, text: string): void {
  if (text === '') return;
  const { selectionStart: start, selectionEnd: end, value } = area;
  const before = /\S$/.test(value.slice(0, start)) ? ' ' : '';
  const after = /^\S/.test(value.slice(end)) ? ' ' : '';
  typeInto(area, start, end, before + text + after);
}
