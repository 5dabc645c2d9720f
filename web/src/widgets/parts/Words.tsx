/** What `Title`, `Text` and `Caption` have in common: plain text, cut to a line or to some. */
import type { VNode } from 'preact';
import { useWidget } from '../context';
import type { Props } from '../schema';
import { wordStyle, type Style } from '../style';

interface WordsProps {
  readonly kind: 'title' | 'text' | 'caption';
  readonly props: Pick<
    Props<'Title'>,
    'value' | 'color' | 'textAlign' | 'truncate' | 'maxLines' | 'weight'
  > & { readonly size: string };
  readonly more?: string;
  readonly style?: Style;
}

export function Words({ kind, props, more = '', style = {} }: WordsProps): VNode {
  const { scheme } = useWidget();
  const cut = props.truncate ? 'ck-w-cut' : props.maxLines !== null ? 'ck-w-clamped' : '';
  return (
    <p
      class={`ck-w-words ck-w-${kind} ck-w-${kind}-${props.size} ck-w-${props.weight} ${cut} ${more}`}
      style={{ ...wordStyle(props, scheme), ...style }}
      title={cut === '' ? undefined : props.value}
    >
      {props.value}
    </p>
  );
}
