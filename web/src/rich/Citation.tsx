/** Citation markers in the text, and the card each shows on hover, focus or (for those without a link) click. */
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren, VNode } from 'preact';
import type { Cite } from './citations';
import { cardOf, usePagesEntity } from './entitySource';
import { EntityName } from '../views/entity/EntityName';
import { Icon } from '../views/icons/Icon';
import { doubt } from '../protocol/additions';
import { NEW_TAB, outward } from './outward';
import { publisher } from './sources';
import type { Source } from '../protocol/types.gen';
import { webAddress } from './urls';

const MARGIN = 8;
/** Long enough to move the pointer from the marker onto its card. */
const LEAVE_MS = 120;

export interface CitesProps {
  cites: readonly Cite[];
  context: { resolveUrl: (href: string) => string; labels: { source: string } };
}

/** The markers of one place. */
export function Cites({ cites, context }: CitesProps): VNode {
  return (
    <span class="ck-cites">
      {cites.map((cite) => (
        <Marker cite={cite} context={context} />
      ))}
    </span>
  );
}

function Marker({
  cite: { source, number },
  context,
}: {
  cite: Cite;
  context: CitesProps['context'];
}): VNode {
  const [open, setOpen] = useState(false);
  const leaving = useRef(0);
  const root = useRef<HTMLSpanElement>(null);
  const cardId = useId();
  useEffect(
    () => () => {
      clearTimeout(leaving.current);
    },
    [],
  );
  useEscape(open, root, () => {
    setOpen(false);
  });

  const show = () => {
    clearTimeout(leaving.current);
    setOpen(true);
  };
  const hide = () => {
    clearTimeout(leaving.current);
    setOpen(false);
  };
  const leave = () => {
    clearTimeout(leaving.current);
    leaving.current = window.setTimeout(hide, LEAVE_MS);
  };
  const isDoubt = doubt(source) !== null;
  const inline = source.type === 'entity' ? source.inline_label : null;
  const icon = source.type === 'entity' && !inline ? source.icon : null;
  const mark = inline ?? (icon ? <Icon name={icon} /> : number);
  const href = source.type === 'url' ? webAddress(source.url, context.resolveUrl) : null;
  const props = {
    class: isDoubt ? 'ck-cite ck-doubt' : inline ? 'ck-cite ck-cite-text' : 'ck-cite',
    'aria-label': isDoubt ? source.title : `${context.labels.source} ${number}: ${source.title}`,
    'aria-describedby': open ? cardId : undefined,
    onFocus: show,
    onBlur: hide,
  };
  const entity = usePagesEntity(source);
  if (entity) {
    return (
      <span class="ck-cite-anchor">
        <EntityName {...cardOf(source)} entity={entity} class={props.class}>
          {inline ?? <Marked label={props['aria-label']}>{mark}</Marked>}
        </EntityName>
      </span>
    );
  }
  return (
    <span class="ck-cite-anchor" ref={root} onMouseEnter={show} onMouseLeave={leave}>
      {href === null ? (
        <button type="button" {...props} onClick={show}>
          {isDoubt ? '?' : mark}
        </button>
      ) : (
        <a href={href} {...props} {...outward} aria-describedby={open ? `${cardId} ${NEW_TAB}` : NEW_TAB}>
          {number}
        </a>
      )}
      {open && <Card id={cardId} source={source} anchor={root} />}
    </span>
  );
}

/** A number or an icon, spoken as what it stands for. */
function Marked({ label, children }: { label: string; children: ComponentChildren }): VNode {
  return (
    <>
      <span aria-hidden="true">{children}</span>
      <span class="ck-hidden">{label}</span>
    </>
  );
}

interface CardProps {
  id: string;
  source: Source;
  anchor: { current: HTMLElement | null };
}

function Card({ id, source, anchor }: CardProps): VNode {
  const card = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (card.current && anchor.current) place(card.current, anchor.current);
  });
  const from = publisher(source);
  const icon = source.type === 'entity' && source.icon;
  return (
    <span class="ck-card" id={id} role="tooltip" popover="manual" ref={card}>
      <span class="ck-card-body">
        {(from !== '' || icon) && (
          <span class="ck-card-from">
            {icon && <Icon name={icon} />}
            {from}
          </span>
        )}
        <span class="ck-card-title">{source.title}</span>
        {source.description && <span class="ck-card-text">{source.description}</span>}
        {source.timestamp && <span class="ck-card-from">{source.timestamp}</span>}
      </span>
    </span>
  );
}

/** Puts the card into the top layer, where no scrolling ancestor clips it: above the marker, below where there is no room. */
export function place(card: HTMLElement, anchor: HTMLElement): void {
  // Browsers of before 2024 have no popover: there the card is a fixed box like any other.
  if ('showPopover' in card && !card.matches(':popover-open')) card.showPopover();
  const mark = anchor.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const centred = mark.left + mark.width / 2 - width / 2;
  card.style.left = `${Math.max(MARGIN, Math.min(centred, window.innerWidth - width - MARGIN))}px`;
  card.style.top = `${mark.top - height >= MARGIN ? mark.top - height : mark.bottom}px`;
}

/** Escape closes the card and nothing else: it does not reach what is below it. Scrolling leaves it behind, so closes it too. */
function useEscape(open: boolean, root: { current: HTMLElement | null }, close: () => void): void {
  // Before the card is painted: an Escape pressed the moment it is seen must not be missed.
  useLayoutEffect(() => {
    const document = root.current?.ownerDocument;
    if (!open || !document) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      close();
    };
    document.addEventListener('keydown', onKey, true);
    document.addEventListener('scroll', close, true);
    return () => {
      document.removeEventListener('keydown', onKey, true);
      document.removeEventListener('scroll', close, true);
    };
  }, [open]);
}
