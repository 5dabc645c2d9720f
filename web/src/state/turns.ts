/**
 * A thread as turns: a message and what answered it. Pure.
 *
 * Every event makes a new list of entries, and nearly all of them change only its end: what did not change is the
 * same object afterwards, so that views can tell by looking at nothing but the reference.
 */
import type { Entry } from './model';

/** A message and what answered it; or a further stretch of answers, which has no message of its own. */
export interface Turn {
  readonly key: string;
  readonly message: Entry | null;
  /** The user message these replies answer: what a retry starts from. */
  readonly asked: string | null;
  readonly replies: readonly Entry[];
  /** A very long turn is shown in stretches: what stands in those before this one. */
  readonly earlier: readonly Entry[];
  /** Whether the turn has another stretch after this one. */
  readonly goesOn: boolean;
}

export interface Turns {
  readonly list: readonly Turn[];
  /** Their keys; the same array as long as no turn comes, goes or moves. */
  readonly keys: readonly string[];
  readonly entries: readonly Entry[];
  /** For each turn, where in `entries` it starts. */
  readonly starts: readonly number[];
}

export const noTurns: Turns = { list: [], keys: [], entries: [], starts: [] };

/** A view shows a stretch as a whole or not at all, so none has more answers than this. */
const LONGEST = 12;

type Draft = Omit<Turn, 'replies' | 'goesOn'> & { replies: Entry[]; goesOn: boolean };

export function turns(entries: readonly Entry[]): readonly Turn[] {
  return regroup(noTurns, entries).list;
}

/** The turns of `entries`, as far as possible the very ones of `before`. */
export function regroup(before: Turns, entries: readonly Entry[]): Turns {
  if (before.entries === entries) return before;
  const kept = unchanged(before, entries);
  const list = before.list.slice(0, kept);
  const starts = before.starts.slice(0, kept);
  for (const { turn, start } of group(entries, before.starts[kept] ?? 0, list.at(-1))) {
    list.push(turn);
    starts.push(start);
  }
  const isSame = list.length === before.keys.length && list.every(({ key }, i) => key === before.keys[i]);
  return { list, starts, entries, keys: isSame ? before.keys : list.map(({ key }) => key) };
}

/** How many turns at the beginning are as they were; the last one may always go on. */
function unchanged({ entries: old, starts }: Turns, entries: readonly Entry[]): number {
  let same = 0;
  while (same < old.length && same < entries.length && old[same] === entries[same]) same++;
  let kept = 0;
  // What follows a turn decides how it ends: it is kept if the next one begins as it did.
  while (kept < starts.length && (starts[kept + 1] ?? Infinity) < same) kept++;
  return kept;
}

function group(
  entries: readonly Entry[],
  from: number,
  previous: Turn | undefined,
): { turn: Turn; start: number }[] {
  const found: { turn: Draft; start: number }[] = [];
  let asked = previous?.asked ?? null;
  let open: Draft | null = null;
  let earlier: readonly Entry[] = previous?.goesOn ? [...previous.earlier, ...previous.replies] : [];
  const begin = (entry: Entry, message: Entry | null, start: number): Draft => {
    const turn = { key: entry.key, message, asked, replies: [], earlier, goesOn: false };
    found.push({ turn, start });
    earlier = [];
    return turn;
  };
  for (let at = from; at < entries.length; at++) {
    const entry = entries[at] as Entry;
    if (entry.item.type === 'user_message') {
      asked = entry.item.id;
      earlier = [];
      open = begin(entry, entry, at);
    } else if (entry.item.type === 'end_of_turn') {
      open = null;
    } else {
      if (open && open.replies.length >= LONGEST) {
        open.goesOn = true;
        earlier = [...open.earlier, ...open.replies];
        open = null;
      }
      open ??= begin(entry, null, at);
      open.replies.push(entry);
    }
  }
  return found;
}
