/** Where titles are searched for: Esc empties it, the arrow down goes to what was found, Enter opens the first. */
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { IconButton } from '../IconButton';
import { Icon } from '../icons/Icon';
import { useView } from '../view';
import { rowsIn } from './moving';

export function SearchField({
  query,
  onChange,
}: {
  query: string;
  onChange: (query: string) => void;
}): VNode {
  const t = useView().messages.value;
  const field = useRef<HTMLInputElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const first = rowsIn(field.current?.closest('.ck-panel'))[0];
    if (event.key === 'Escape' && query !== '') {
      event.stopPropagation();
      onChange('');
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      first?.focus();
    } else if (event.key === 'Enter' && !event.isComposing && query !== '') {
      first?.click();
    }
  };
  return (
    <div class="ck-search" role="search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        part="history-search"
        aria-label={t.searchHistory}
        placeholder={t.searchHistory}
        autocomplete="off"
        enterkeyhint="search"
        value={query}
        onInput={(event) => {
          onChange(event.currentTarget.value);
        }}
        onKeyDown={onKeyDown}
      />
      {query !== '' && (
        <IconButton
          icon="close"
          label={t.clearSearch}
          onClick={() => {
            onChange('');
            field.current?.focus();
          }}
        />
      )}
    </div>
  );
}
