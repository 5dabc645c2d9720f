/**
 * Markdown tokens to Preact nodes. No HTML string is ever made or parsed: what a token says becomes text
 * or one of the elements below, so nothing an answer contains can run, and Trusted Types have nothing to object to.
 *
 * Marks travel down with the tokens (see `citations`): every function renders exactly the marks it is given.
 */
import type { Token, Tokens } from 'marked';
import { Fragment, h, type ComponentChildren, type VNode } from 'preact';
import { isVoid, type Block } from './blocks';
import { Cites } from './Citation';
import { inward, shift, tableCell, takeUpTo, type Mark } from './citations';
import { PENDING } from './closeOpen';
import { CodeBlock, Plain } from './CodeBlock';
import type { RichLabels } from './context';
import type { Formula } from './delimiters';
import { Diagram } from './Diagram';
import { decodeEntities, REFERENCE } from './entities';
import { Grouped, type RenderPart } from './grouped';
import { Image, imageUrl } from './Image';
import { lazy } from '../lazy';
import type { ReferenceProps } from './Reference';
import { headOf, partsOf, type Row } from './long';
import { Maths } from './Maths';
import { after, under, type Outline } from './outline';
import { outward } from './outward';
import { parseDeeplink, safeLink, webAddress } from './urls';

/** What rendering needs from outside. The functions are called at render or click time, so the latest are used. */
export interface RenderContext {
  resolveUrl: (href: string) => string;
  onDeeplink: (name: string, data: Record<string, string>) => void;
  labels: RichLabels;
  /** The level of the first heading. */
  heading: number;
}

const Reference = lazy<ReferenceProps>(() => import('./Reference'), { loading: Plain, failed: Plain });

export class Renderer {
  readonly #context: RenderContext;
  readonly #grouped = new Grouped();
  #inLink = false;
  #isLive = false;
  /** How many headings of the answer are above what is being rendered. */
  #under = 0;
  /** What the item of a list of tasks says. */
  #task = '';

  constructor(context: RenderContext) {
    this.#context = context;
  }

  /** One block and the marks in it. A block that is live is still being written. */
  block(block: Block, marks: Mark[], isLive: boolean): ComponentChildren {
    this.#isLive = isLive;
    this.#under = block.under ?? 0;
    return this.#block(block, marks);
  }

  /** Blocks one after another. A mark between two belongs to the first. */
  #blocks(tokens: readonly Token[], marks: Mark[]): ComponentChildren[] {
    const out: ComponentChildren[] = [];
    let end = 0;
    const shown: Block[] = [];
    for (const token of tokens) {
      if (!isVoid(token)) shown.push({ start: end, token });
      end += token.raw.length;
    }
    const base = this.#under;
    let outline: Outline = [];
    shown.forEach((block, i) => {
      this.#under = base + under(outline, block.token);
      outline = after(outline, block.token);
      out.push(this.#block(block, takeUpTo(marks, shown[i + 1]?.start ?? Infinity)));
    });
    this.#under = base;
    out.push(...this.#cites(marks));
    return out;
  }

  #block(block: Block, marks: Mark[]): ComponentChildren {
    const token: Tokens.Generic = block.token;
    const own = shift(marks, block.start);
    switch (token.type) {
      case 'paragraph':
        return (
          <p>
            {this.#parts(block, [block], marks, (part, inside) =>
              this.#text(part.token, shift(inside, part.start)),
            )}
          </p>
        );
      case 'text':
        return this.#text(token, own);
      case 'heading':
        return this.#heading(token as Tokens.Heading, own);
      case 'list':
        return this.#list(block, marks);
      case 'blockquote': {
        const inner = source(token.tokens ?? []);
        return <blockquote>{this.#blocks(token.tokens ?? [], inward(own, token.raw, inner))}</blockquote>;
      }
      case 'code':
        return [this.#code(block), this.#cites(marks)];
      case 'maths':
        return [<Maths formula={token as Formula} />, this.#cites(marks)];
      case 'table':
        return this.#table(block, marks);
      case 'hr':
        return [<hr />, this.#cites(marks)];
      case 'checkbox':
        return [this.#checkbox(token as Tokens.Checkbox), this.#cites(marks)];
      default:
        // Raw HTML, and whatever a later lexer may add, as the text it was written in.
        return [<p class="ck-raw">{token.raw.trim()}</p>, this.#cites(marks)];
    }
  }

  /** The parts of a block that may be long: those taken off already, and `rest`. */
  #parts(block: Block, rest: readonly Block[], marks: Mark[], render: RenderPart): VNode[] {
    return this.#grouped.render(block.before ?? [], rest, marks, render);
  }

  #code({ token, before = [] }: Block): VNode {
    const { text, lang, raw } = token as Tokens.Code;
    const pieces = [...before.flat().map((part) => (part.token as Tokens.Code).text), text];
    const props = { pieces, language: language(lang), isOpen: this.#isLive && !ENDS_WITH_FENCE.test(raw) };
    return props.language.toLowerCase() === 'mermaid' ? <Diagram {...props} /> : <CodeBlock {...props} />;
  }

  #text(token: Tokens.Generic, marks: Mark[]): ComponentChildren {
    const text = String(token['text'] ?? '');
    const before = Math.max(0, token.raw.indexOf(text));
    return this.#inline(token.tokens ?? [{ type: 'text', raw: text, text }], shift(marks, before));
  }

  /** Its level is that of the outline, its looks those of what was written. There is no level below the sixth. */
  #heading(token: Tokens.Heading, marks: Mark[]): VNode {
    const level = Math.min(this.#context.heading + this.#under, 6);
    return h(`h${level}`, { class: `ck-h${token.depth}` }, this.#text(token, marks));
  }

  #list(block: Block, marks: Mark[]): ComponentChildren {
    const { ordered, start } = block.token as Tokens.List;
    const items = this.#parts(block, partsOf(block), marks, (part, own) => {
      const item = part.token as Tokens.ListItem;
      const inner = inward(shift(own, part.start), item.raw, source(item.tokens));
      if (item.task) this.#task = plainText(item.tokens).trim();
      return <li class={item.task ? 'ck-task' : undefined}>{this.#blocks(item.tokens, inner)}</li>;
    });
    if (!ordered) return <ul>{items}</ul>;
    return <ol start={start === 1 || start === '' ? undefined : start}>{items}</ol>;
  }

  #checkbox({ checked }: Tokens.Checkbox): VNode {
    return <input type="checkbox" disabled checked={checked} aria-label={this.#task} />;
  }

  #table(block: Block, marks: Mark[]): VNode {
    const { header, raw } = block.token as Tokens.Table;
    const head = headOf(raw);
    const rows = partsOf(block);
    const body = block.before?.[0]?.[0]?.start ?? block.start + head.length;
    const hasRows = block.before !== undefined || rows.length > 0;
    const own = shift(takeUpTo(marks, hasRows ? body : Infinity), body - head.length);
    const label = header.map(({ tokens }) => plainText(tokens)).filter((text) => text !== '');
    return (
      <div class="ck-table" role="region" aria-label={label.join(', ') || undefined} tabIndex={0}>
        <table>
          <thead>{this.#row(header, head, own)}</thead>
          {hasRows && (
            <tbody>
              {this.#parts(block, rows, marks, ({ start, token }, inside) =>
                this.#row((token as Row).cells, token.raw, shift(inside, start)),
              )}
            </tbody>
          )}
        </table>
      </div>
    );
  }

  #row(cells: readonly Tokens.TableCell[], raw: string, marks: readonly Mark[]): VNode {
    const last = cells.length - 1;
    const placed = marks.map(({ at, cites }) => {
      const { column, at: inside } = tableCell(raw, at);
      return column > last
        ? { column: last, mark: { at: Infinity, cites } }
        : { column, mark: { at: inside, cites } };
    });
    const children = cells.map(({ align, header, tokens }, index) => {
      const own = placed.filter(({ column }) => column === index).map(({ mark }) => mark);
      const props = { class: align ? `ck-${align}` : undefined, ...(header && { scope: 'col' }) };
      return h(header ? 'th' : 'td', props, this.#inline(tokens, own));
    });
    return <tr>{children}</tr>;
  }

  /** Inline tokens with the marks between and inside them. */
  #inline(tokens: readonly Token[], marks: Mark[]): ComponentChildren[] {
    const out: ComponentChildren[] = [];
    let start = 0;
    for (const token of tokens) {
      out.push(...this.#cites(takeUpTo(marks, start)));
      const end = start + token.raw.length;
      const own = shift(takeUpTo(marks, end), start);
      out.push(...this.#leafOrSpan(token, own));
      start = end;
    }
    out.push(...this.#cites(marks));
    return out;
  }

  #leafOrSpan(token: Tokens.Generic, marks: Mark[]): ComponentChildren[] {
    switch (token.type) {
      case 'text':
        return this.#plain(token.raw, marks);
      case 'strong':
      case 'em':
      case 'del':
        return this.#span(token, marks);
      default:
        return [this.#leaf(token), ...this.#cites(marks)];
    }
  }

  #span(token: Tokens.Generic, marks: Mark[]): ComponentChildren[] {
    const edge = (token.raw.length - String(token['text']).length) / 2;
    const inside = takeUpTo(marks, token.raw.length - edge);
    return [
      h(token.type, null, this.#inline(token.tokens ?? [], shift(inside, edge))),
      ...this.#cites(marks),
    ];
  }

  /** Text cut at the marks, but never inside a character reference. */
  #plain(raw: string, marks: Mark[]): ComponentChildren[] {
    const out: ComponentChildren[] = [];
    let from = 0;
    const references = marks.length > 0 ? [...raw.matchAll(REFERENCE)] : [];
    for (const mark of marks) {
      const inside = references.find(
        ({ index, 0: { length } }) => index < mark.at && mark.at < index + length,
      );
      const to = Math.min(raw.length, Math.max(from, inside ? inside.index + inside[0].length : mark.at));
      out.push(...decoded(raw.slice(from, to)));
      out.push(...this.#cites([mark]));
      from = to;
    }
    out.push(...decoded(raw.slice(from)));
    return out;
  }

  /** What no mark may fall into. */
  #leaf(token: Tokens.Generic): ComponentChildren {
    switch (token.type) {
      case 'codespan':
        return <code>{(token as Tokens.Codespan).text}</code>;
      case 'br':
        return <br />;
      case 'escape':
        return (token as Tokens.Escape).text;
      case 'link':
        return this.#link(token as Tokens.Link);
      case 'image':
        return this.#image(token as Tokens.Image);
      case 'maths':
        return <Maths formula={token as Formula} />;
      case 'checkbox':
        return this.#checkbox(token as Tokens.Checkbox);
      case 'html':
        if (token.raw.startsWith('<!--')) return null;
        // The one tag with a meaning here: models break lines in table cells with it.
        return /^<br\s*\/?>$/i.test(token.raw) ? <br /> : token.raw;
      default:
        return token.raw;
    }
  }

  #link(token: Tokens.Link): ComponentChildren {
    const outer = this.#inLink;
    this.#inLink = true;
    const children = this.#inline(token.tokens, []);
    this.#inLink = outer;
    if (outer || token.href === PENDING) return <Fragment>{children}</Fragment>;

    const link = safeLink(decodeEntities(token.href));
    const title = token.title ? decodeEntities(token.title) : undefined;
    if (link === null) return <span class="ck-inert">{children}</span>;
    const deeplink = parseDeeplink(link);
    if (deeplink) return this.#deeplink(link, deeplink.name, deeplink.data, children);
    if (/^chatkit-link:/i.test(link)) return <span class="ck-inert">{children}</span>;
    const href = /^(?:mailto|tel):/i.test(link) ? link : webAddress(link, this.#context.resolveUrl);
    if (href === null) return <span class="ck-inert">{children}</span>;
    return (
      <a href={href} title={title} {...outward}>
        {children}
      </a>
    );
  }

  #deeplink(href: string, name: string, data: Record<string, string>, children: ComponentChildren): VNode {
    const stay = (event: Event) => {
      event.preventDefault();
    };
    const follow = (event: Event) => {
      event.preventDefault();
      this.#context.onDeeplink(name, data);
    };
    return (
      <a href={href} onClick={follow} onAuxClick={stay}>
        {children}
      </a>
    );
  }

  #image(token: Tokens.Image): VNode {
    const title = token.title ? decodeEntities(token.title) : undefined;
    const url = imageUrl(decodeEntities(token.href), this.#context.resolveUrl);
    return <Image url={url} alt={decodeEntities(token.text)} title={title} isInLink={this.#inLink} />;
  }

  #cites(marks: readonly Mark[]): VNode[] {
    return marks.map(({ cites }) => <Cites cites={cites} context={this.#context} />);
  }
}

/** The last line of a fenced block whose end has come. */
const ENDS_WITH_FENCE = /\n[ \t]*(?:`{3,}|~{3,})[ \t]*\n*$/;

/** Text with its references replaced; what stands for a rarer name comes later. */
function decoded(raw: string): ComponentChildren[] {
  const out: ComponentChildren[] = [];
  let from = 0;
  for (const { 0: text, index } of raw.matchAll(REFERENCE)) {
    if (decodeEntities(text) !== text) continue;
    out.push(decodeEntities(raw.slice(from, index)), <Reference text={text} />);
    from = index + text.length;
  }
  return from < raw.length ? [...out, decodeEntities(raw.slice(from))] : out;
}

function source(tokens: readonly Token[]): string {
  return tokens.map(({ raw }) => raw).join('');
}

function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      const { tokens: inner, text, type, raw } = token as Tokens.Generic;
      return inner ? plainText(inner) : decodeEntities(type === 'text' ? raw : String(text ?? ''));
    })
    .join('');
}

function language(info: string | undefined): string {
  return decodeEntities(/^\S*/.exec(info?.trim() ?? '')?.[0] ?? '');
}
