import { expect, test } from 'vitest';
import type { ThreadItem } from '../protocol/types.gen';
import { readItem } from '../protocol/wire';
import * as say from '../testing/events';
import { emptyChat, type ChatState } from './model';
import { load } from './reduce';
import { copyText, feedbackIds, isImageAllowed, retryPlan } from './selectors';
import { turns } from './turns';

const widget = (copy_text?: string): ThreadItem =>
  readItem({ ...say.user('w'), type: 'widget', copy_text, widget: { type: 'Card' } }) as ThreadItem;
const end = (id: string): ThreadItem => readItem({ ...say.user(id), type: 'end_of_turn' }) as ThreadItem;
const chat = (...items: ThreadItem[]): ChatState => load(emptyChat, { id: 't', created_at: '' }, items, null);

test('a turn is a message and its answers; an end marker splits the answers of one message', () => {
  const state = chat(
    say.assistant('a0', ''),
    say.user('u1'),
    say.assistant('a1', ''),
    end('e'),
    say.assistant('a2', ''),
    say.user('u2'),
  );
  const found = turns(state.entries).map(({ key, asked, replies }) => [key, asked, replies.length]);
  expect(found).toEqual([
    ['a0', null, 1],
    ['u1', 'u1', 1],
    ['a2', 'u1', 1],
    ['u2', 'u2', 0],
  ]);
});

test('the copied text joins answers and what widgets offer, and leaves out the rest', () => {
  const [turn] = turns(
    chat(
      say.user('u'),
      say.assistant('a', 'One', 'Two'),
      widget('Three'),
      widget(),
      say.workflow('w', 'custom'),
    ).entries,
  );
  expect(turn && copyText(turn)).toBe('One\n\nTwo\n\nThree');
  expect(turn && feedbackIds(turn)).toEqual(['a', 'w']);
});

test('what a retry does depends on how far the turn has come', () => {
  const input = { content: [], attachments: [], inference_options: {} };
  const create = { type: 'threads.create', params: { input } } as const;
  const action = {
    type: 'threads.custom_action',
    params: { thread_id: 't', action: { type: 'a' } },
  } as const;
  const answered = chat(say.user('u'), say.assistant('a', ''));
  expect(retryPlan(answered, create, false)).toEqual({ kind: 'resend', request: create });
  expect(retryPlan(answered, create, true)).toEqual({ kind: 'after_item', itemId: 'u' });
  expect(retryPlan(answered, action, false)).toEqual({ kind: 'after_item', itemId: 'u' });
  expect(retryPlan(emptyChat, action, false)).toEqual({ kind: 'resend', request: action });
});

test('case 43: images load from listed hosts, from the own origins and as data, and from anywhere without a list', () => {
  const allow = (domains: string[] | undefined, url: string): boolean => {
    const thread = { id: 't', created_at: '', ...(domains && { allowed_image_domains: domains }) };
    return isImageAllowed(thread, new URL(url), ['https://own.example']);
  };
  expect(allow(['cdn.example'], 'https://CDN.example/x.png')).toBe(true);
  expect(allow(['cdn.example'], 'https://a.cdn.example/x.png')).toBe(false);
  expect(allow([], 'https://cdn.example/x.png')).toBe(false);
  expect(allow([], 'https://own.example/x.png')).toBe(true);
  expect(allow([], 'data:image/png;base64,AA')).toBe(true);
  expect(allow(undefined, 'https://cdn.example/x.png')).toBe(true);
});
