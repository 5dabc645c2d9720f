/**
 * Reads the turn under way to those who listen: that it has begun, answers by the sentence, steps, progress and
 * questions once. Errors are alerts where they stand.
 */
import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Entry } from '../../state/model';
import type { Turn } from '../../state/turns';
import { taskTitle } from '../message/tasks';
import { useView } from '../view';
import { Reader } from './speech';

/** Enough for a screen reader that is behind; what is older has been read or never will be. */
const KEPT = 8;

interface Line {
  readonly key: number;
  readonly text: string;
}

/** A turn that has begun to be answered. */
export interface Begun {
  /** Its last turn at that moment: what stands there has been read, or was there before. */
  readonly turn: Turn | undefined;
}

export function Announcements({ begun }: { begun: Begun | null }): VNode {
  const { store, messages } = useView();
  const t = messages.value;
  const [lines, setLines] = useState<readonly Line[]>([]);
  const count = useRef(0);
  const say = (text: string): void => {
    if (text === '') return;
    const line = { key: ++count.current, text };
    setLines((lines) => [...lines, line].slice(-KEPT));
  };
  const speaker = useMemo(() => new Speaker(t.format.locale), [t.format.locale]);
  const isResponding = store.phase.value === 'responding';
  const read = useRef<Begun | null>(null);
  const known = useRef<Begun | null>(null);
  useMemo(() => {
    // In another language it goes on from where it is.
    speaker.skip(known.current === begun ? store.turns.peek().list.at(-1) : begun?.turn);
    known.current = begun;
  }, [speaker, begun]);
  useLayoutEffect(() => {
    if (!begun) return;
    // What was written here is there before the server has it.
    say([begun.turn?.message?.isLocal && `${t.sent}.`, t.busy].filter(Boolean).join(' '));
  }, [begun]);
  const turn = begun === read.current ? undefined : store.turns.value.list.at(-1);
  const progress = isResponding ? (store.progress.value?.text ?? '') : '';
  useLayoutEffect(() => {
    if (!turn) return;
    say(speaker.read(turn, t));
    if (isResponding) return;
    say(speaker.end(turn, t));
    read.current = begun;
  });
  useLayoutEffect(() => {
    say(progress);
  }, [progress]);
  return (
    <>
      {lines.map(({ key, text }) => (
        <p key={key}>{text}</p>
      ))}
    </>
  );
}

type Words = Parameters<typeof taskTitle>[1];

/** How far each part of the turn has been read. */
class Speaker {
  private readers = new Map<string, Reader>();
  private steps = new Set<string>();
  private readonly segmenter: Intl.Segmenter;

  constructor(locale: string) {
    this.segmenter = new Intl.Segmenter(locale, { granularity: 'sentence' });
  }

  /** Takes all that stands in the turn for read: it was there before. */
  skip(turn: Turn | undefined): void {
    this.readers = new Map();
    this.steps = new Set();
    for (const entry of turn?.replies ?? []) {
      this.stepsOf(entry).forEach(({ key }) => this.steps.add(key));
      this.steps.add(entry.key);
      if (entry.item.type !== 'assistant_message') continue;
      entry.item.content.forEach((part, at) => {
        this.readerOf(entry, at).skip(part.text);
      });
    }
  }

  read(turn: Turn, t: Words): string {
    return turn.replies
      .map((entry) => {
        if (entry.item.type === 'workflow' || entry.item.type === 'task') return this.readSteps(entry, t);
        if (entry.item.type === 'structured_input') return this.readQuestions(entry, t);
        if (entry.item.type !== 'assistant_message') return '';
        return entry.item.content
          .map((part, at) => this.readerOf(entry, at).read(part.text, entry.isFinal, t))
          .filter(Boolean)
          .join(' ');
      })
      .filter(Boolean)
      .join(' ');
  }

  /** What is said when the turn is over; a failure speaks for itself. */
  end(turn: Turn, t: Words): string {
    const isStopped = turn.message?.isStopped ?? turn.replies.some((entry) => entry.isStopped);
    return isStopped ? t.answerStopped : '';
  }

  private readSteps(entry: Entry, t: Words): string {
    return this.stepsOf(entry)
      .filter(({ key, task }) => taskTitle(task, t) !== '' && !this.steps.has(key) && this.steps.add(key))
      .map(({ task }) => `${taskTitle(task, t)}.`)
      .join(' ');
  }

  private readQuestions({ key, item, isFinal }: Entry, t: Words): string {
    const isPending = item.type === 'structured_input' && (item.status ?? 'pending') === 'pending';
    if (!isPending || !isFinal || this.steps.has(key)) return '';
    this.steps.add(key);
    return t.questionsPending;
  }

  private stepsOf({ key, item }: Entry): { key: string; task: Parameters<typeof taskTitle>[0] }[] {
    const tasks = item.type === 'workflow' ? item.workflow.tasks : item.type === 'task' ? [item.task] : [];
    return tasks.map((task, at) => ({ key: `${key} ${at}`, task }));
  }

  private readerOf({ key }: Entry, part: number): Reader {
    const id = `${key} ${part}`;
    const reader = this.readers.get(id) ?? new Reader(this.segmenter);
    this.readers.set(id, reader);
    return reader;
  }
}
