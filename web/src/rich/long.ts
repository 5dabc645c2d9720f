/**
 * Blocks that go on and on, taken apart while they grow, so that what is read again with every piece that
 * arrives stays small: a list by its items, a table by its rows, code by its lines, a paragraph by its sentences.
 *
 * Above: `blocks`. What is taken off is read on its own from then on, which is right but for rare things that
 * a later line can do to an earlier one; once the block is finished, it is read again as a whole.
 */
import type { Token, Tokens } from 'marked';
import { settledEnd } from './closeOpen';

/** One part of the text. `start` is the offset in the text at which its token's raw text begins. */
export interface Block {
  start: number;
  token: Token;
  /** How deep the heading is that it stands under, from 0; of a heading, the one above it. */
  under?: number;
  /** What was taken off before it, in groups that do not change once they are full. */
  before?: Groups;
}

export type Groups = readonly (readonly Block[])[];

/** Of items, rows and blocks that are rendered, and left alone, together. */
export const GROUP = 16;

/** A table's row; the lexer knows only cells. */
export interface Row extends Tokens.Generic {
  type: 'row';
  cells: Tokens.TableCell[];
}

/** Shorter blocks are read as they are. */
const LONG = 1000;
/** Of code: lines are cheap, and highlighted together. */
const LONG_CODE = 2000;
/** A paragraph longer than this is cut wherever a word begins. */
const ENDLESS = 4000;

export interface Cut {
  parts: Token[];
  /** Offset in the source where what is left begins. */
  at: number;
  /** What has to stand before what is left, for it to be read as what it is. */
  context: string;
}

/** What can be taken off the one block `token`, which `source` was read as. `context` is how much of it was added before. */
export function cutOff(token: Token, source: string, context: number): Cut | null {
  if (source.length - context < LONG) return null;
  switch (token.type) {
    case 'list':
      return cutList(token as Tokens.List);
    case 'table':
      return cutTable(token as Tokens.Table);
    case 'code':
      return cutCode(token as Tokens.Code, source, context);
    case 'paragraph':
      return cutParagraph(source);
    default:
      return null;
  }
}

/** The parts of a block that render each by itself: a list's items, a table's rows. */
export function partsOf({ start, token }: Block): Block[] {
  const parts = token.type === 'list' ? (token as Tokens.List).items : rowsOf(token as Tokens.Table);
  let at = start + (token.type === 'table' ? headOf(token.raw).length : 0);
  return parts.map((part) => {
    const block = { start: at, token: part };
    at += part.raw.length;
    return block;
  });
}

/** The last two stay: what follows may belong to either. */
function cutList(token: Tokens.List): Cut | null {
  const parts = token.items.slice(0, -2);
  return parts.length === 0 ? null : { parts, at: lengthOf(parts), context: '' };
}

function cutTable(token: Tokens.Table): Cut | null {
  const head = headOf(token.raw);
  const parts = rowsOf(token).slice(0, -2);
  return parts.length === 0 ? null : { parts, at: head.length + lengthOf(parts), context: head };
}

function cutCode(token: Tokens.Code, source: string, context: number): Cut | null {
  const fence = /^(?:`{3,}|~{3,}).*\n/.exec(source)?.[0];
  const at = source.lastIndexOf('\n') + 1; // the last line may be the fence that ends it
  if (fence === undefined || source.length - context < LONG_CODE || at <= fence.length) return null;
  const text = source.slice(fence.length, at);
  return { parts: [{ ...token, raw: text, text }], at, context: fence };
}

function cutParagraph(source: string): Cut | null {
  const at = settledEnd(source, source.length > ENDLESS);
  if (at === 0) return null;
  const raw = source.slice(0, at);
  return { parts: [{ type: 'text', raw, text: raw }], at, context: '' };
}

/** A table's header and the row of dashes below it. */
export function headOf(raw: string): string {
  return /^.*\n.*(?:\n|$)/.exec(raw)?.[0] ?? raw;
}

function rowsOf({ raw, rows }: Tokens.Table): Row[] {
  const lines = raw.slice(headOf(raw).length).split('\n');
  return rows.map((cells, i) => ({ type: 'row', raw: `${lines[i] ?? ''}\n`, cells }));
}

function lengthOf(parts: readonly Token[]): number {
  return parts.reduce((sum, { raw }) => sum + raw.length, 0);
}
