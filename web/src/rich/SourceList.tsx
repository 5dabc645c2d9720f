/** All sources of a message, behind one button under it, in their groups. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { EntityName } from '../views/entity/EntityName';
import { cardOf, usePagesEntity } from './entitySource';
import { outward } from './outward';
import { publisher, type NumberedSource } from './sources';
import type { Source } from '../protocol/types.gen';
import { webAddress } from './urls';

export interface SourceListProps {
  sources: { source: Source; number: number }[];
  resolveUrl: (href: string) => string;
  labels: { sources: string };
}

export function SourceList({ sources, resolveUrl, labels }: SourceListProps): VNode {
  const [open, setOpen] = useState(false);
  if (sources.length === 0) return <></>;
  return (
    <div class="ck-sources">
      <button
        type="button"
        class="ck-sources-toggle"
        aria-expanded={open}
        onClick={() => {
          setOpen(!open);
        }}
      >
        <span>{labels.sources}</span>
        <span class="ck-sources-count">{sources.length}</span>
      </button>
      {open && (
        <div class="ck-sources-body">
          {grouped(sources).map(([group, members]) => (
            <div key={group}>
              {group !== '' && <p class="ck-sources-group">{group}</p>}
              <ul aria-label={group || labels.sources}>
                {members.map((member) => (
                  <li key={member.number}>
                    <SourceRow {...member} resolveUrl={resolveUrl} />
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

function SourceRow({
  source,
  number,
  resolveUrl,
}: NumberedSource & Pick<SourceListProps, 'resolveUrl'>): VNode {
  const href = source.type === 'url' ? webAddress(source.url, resolveUrl) : null;
  const about = [publisher(source), source.timestamp].filter(Boolean).join(' · ');
  const content = (
    <>
      <span class="ck-source-number">{number}</span>
      <span class="ck-source-body">
        <span class="ck-source-title">{source.title}</span>
        {about !== '' && <span class="ck-source-about">{about}</span>}
        {source.description && <span class="ck-source-text">{source.description}</span>}
      </span>
    </>
  );
  const entity = usePagesEntity(source);
  if (entity) {
    return (
      <EntityName {...cardOf(source)} entity={entity} class="ck-source">
        {content}
      </EntityName>
    );
  }
  if (href === null) return <span class="ck-source">{content}</span>;
  return (
    <a class="ck-source" href={href} {...outward}>
      {content}
    </a>
  );
}

/** Groups in the order their first source was cited; sources without a group first come first. */
function grouped(sources: readonly NumberedSource[]): [string, NumberedSource[]][] {
  const groups = new Map<string, NumberedSource[]>();
  for (const numbered of sources) {
    const group = numbered.source.group ?? '';
    const members = groups.get(group);
    if (members) members.push(numbered);
    else groups.set(group, [numbered]);
  }
  return [...groups];
}
