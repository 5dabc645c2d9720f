/**
 * Markdown tokens to Preact nodes. No HTML string is ever made or parsed: what a token says becomes text
 * or one of the elements below, so nothing an answer contains can run, and Trusted Types have nothing to object to.
 *
 * Marks travel down with the tokens (see `citations`): every function renders exactly the marks it is given.
 */
import type { Token, Tokens } from 'marked';
import { Fragment, h, type ComponentChildren, type VNode } from 'preact';
import { isVoid } from './blocks';
import { Cites } from './Citation';
import { inward, shift, tableCell, takeUpTo, type Mark } from './citations';
import { PENDING } from './closeOpen';
import { CodeBlock } from './CodeBlock';
import { decodeEntities, REFERENCE } from './entities';
import { parseDeeplink, safeLink, webAddress } from './urls';

/** What rendering needs from outside. The functions are called at render or click time, so the latest are used. */
export interface RenderContext {
  isImageAllowed: (url: URL) => boolean;
  resolveUrl: (href: string) => string;
  onDeeplink: (name: string, data: Record<string, string>) => void;
  labels: { copy: string; copied: string; source?: string };
}

/** One block. `marks` are relative to its raw text. */
export function renderBlock(token: Token, marks: readonly Mark[], context: RenderContext): ComponentChildren {
  return new Renderer(context).block(token, [...marks]);
}

class Renderer {
  readonly #context: RenderContext;
  #inLink = false;

  constructor(context: RenderContext) {
    this.#context = context;
  }

  /** Blocks one after another. A mark between two belongs to the first. */
  #blocks(tokens: readonly Token[], marks: Mark[]): ComponentChildren[] {
    const out: ComponentChildren[] = [];
    const starts: number[] = [];
    let end = 0;
    for (const token of tokens) {
      starts.push(end);
      end += token.raw.length;
    }
    const shown = tokens
      .map((token, i) => ({ token, start: starts[i] ?? 0 }))
      .filter(({ token }) => !isVoid(token));
    shown.forEach(({ token, start }, i) => {
      const own = takeUpTo(marks, shown[i + 1]?.start ?? Infinity);
      out.push(this.block(token, shift(own, start)));
    });
    out.push(...this.#cites(marks));
    return out;
  }

  block(token: Tokens.Generic, marks: Mark[]): ComponentChildren {
    switch (token.type) {
      case 'paragraph':
        return <p>{this.#text(token, marks)}</p>;
      case 'text':
        return this.#text(token, marks);
      case 'heading':
        return this.#heading(token as Tokens.Heading, marks);
      case 'list':
        return this.#list(token as Tokens.List, marks);
      case 'blockquote': {
        const inner = source(token.tokens ?? []);
        return <blockquote>{this.#blocks(token.tokens ?? [], inward(marks, token.raw, inner))}</blockquote>;
      }
      case 'code': {
        const { text, lang } = token as Tokens.Code;
        return [
          <CodeBlock text={text} language={language(lang)} labels={this.#context.labels} />,
          this.#cites(marks),
        ];
      }
      case 'table':
        return this.#table(token as Tokens.Table, marks);
      case 'hr':
        return [<hr />, this.#cites(marks)];
      case 'checkbox':
        return [
          <input type="checkbox" disabled checked={(token as Tokens.Checkbox).checked} />,
          this.#cites(marks),
        ];
      default:
        // Raw HTML, and whatever a later lexer may add, as the text it was written in.
        return [<p class="ck-raw">{token.raw.trim()}</p>, this.#cites(marks)];
    }
  }

  #text(token: Tokens.Generic, marks: Mark[]): ComponentChildren {
    const text = String(token['text'] ?? '');
    const before = Math.max(0, token.raw.indexOf(text));
    return this.#inline(token.tokens ?? [{ type: 'text', raw: text, text }], shift(marks, before));
  }

  /** Headings stand below those of the page and of the chat: `#` is a level 3. */
  #heading(token: Tokens.Heading, marks: Mark[]): VNode {
    const level = token.depth + 2;
    const props = { class: `ck-h${token.depth}`, ...(level > 6 && { 'aria-level': level }) };
    return h(`h${Math.min(level, 6)}`, props, this.#text(token, marks));
  }

  #list(token: Tokens.List, marks: Mark[]): ComponentChildren {
    let end = 0;
    const items = token.items.map((item, i) => {
      const start = end;
      end += item.raw.length;
      const own = takeUpTo(marks, i === token.items.length - 1 ? Infinity : end);
      const inner = source(item.tokens);
      const content = this.#blocks(item.tokens, inward(shift(own, start), item.raw, inner));
      return <li class={item.task ? 'ck-task' : undefined}>{content}</li>;
    });
    if (!token.ordered) return <ul>{items}</ul>;
    return <ol start={token.start === 1 || token.start === '' ? undefined : token.start}>{items}</ol>;
  }

  #table(token: Tokens.Table, marks: Mark[]): VNode {
    const rows = [token.header, ...token.rows];
    const placed = marks.map(({ at, cites }) => {
      const cell = tableCell(token.raw, at);
      const row = Math.min(cell.row, rows.length - 1);
      const last = (rows[row]?.length ?? 1) - 1;
      return cell.column > last || cell.row > row
        ? { row, column: last, mark: { at: Infinity, cites } }
        : { row, column: cell.column, mark: { at: cell.at, cites } };
    });
    const cell = (data: Tokens.TableCell, row: number, column: number) => {
      const own = placed.filter((p) => p.row === row && p.column === column).map(({ mark }) => mark);
      const props = {
        class: data.align ? `ck-${data.align}` : undefined,
        ...(data.header && { scope: 'col' }),
      };
      return h(data.header ? 'th' : 'td', props, this.#inline(data.tokens, own));
    };
    const label = token.header.map(({ tokens }) => plainText(tokens)).filter((text) => text !== '');
    return (
      <div class="ck-table" role="region" aria-label={label.join(', ') || undefined} tabIndex={0}>
        <table>
          <thead>
            <tr>{token.header.map((data, column) => cell(data, 0, column))}</tr>
          </thead>
          {token.rows.length > 0 && (
            <tbody>
              {token.rows.map((data, i) => (
                <tr>{data.map((d, column) => cell(d, i + 1, column))}</tr>
              ))}
            </tbody>
          )}
        </table>
      </div>
    );
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
      if (to > from) out.push(decodeEntities(raw.slice(from, to)));
      out.push(...this.#cites([mark]));
      from = to;
    }
    if (from < raw.length) out.push(decodeEntities(raw.slice(from)));
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
      case 'checkbox':
        return <input type="checkbox" disabled checked={(token as Tokens.Checkbox).checked} />;
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
      <a href={href} title={title} target="_blank" rel="noopener noreferrer">
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

  #image(token: Tokens.Image): ComponentChildren {
    const alt = decodeEntities(token.text);
    const href = decodeEntities(token.href);
    const url = this.#imageUrl(href);
    if (url && this.#context.isImageAllowed(url)) {
      const title = token.title ? decodeEntities(token.title) : undefined;
      // `referrerpolicy` before `src`: the request starts when the source is set.
      return (
        <img
          loading="lazy"
          decoding="async"
          referrerpolicy="no-referrer"
          alt={alt}
          title={title}
          src={url.href}
        />
      );
    }
    if (!url || url.protocol === 'data:' || this.#inLink)
      return <span class="ck-image">{alt || url?.hostname}</span>;
    return (
      <a class="ck-image" href={url.href} target="_blank" rel="noopener noreferrer">
        {alt || url.hostname}
      </a>
    );
  }

  /** Addresses images may come from at all; which hosts is the caller's to say. */
  #imageUrl(href: string): URL | null {
    if (/^data:image\/(?:png|jpe?g|gif|webp|avif)[;,]/i.test(href))
      return URL.canParse(href) ? new URL(href) : null;
    const address = webAddress(href, this.#context.resolveUrl);
    return address === null ? null : new URL(address);
  }

  #cites(marks: readonly Mark[]): VNode[] {
    return marks.map(({ cites }) => <Cites cites={cites} context={this.#context} />);
  }
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
