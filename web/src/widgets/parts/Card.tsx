/** A card: what stands above it, its body, and the buttons below that confirm or cancel. It may be a form. */
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { Children } from '../Children';
import { FormContext, useName, useScope, useWidget, type FormScope } from '../context';
import type { WidgetNode } from '../parse';
import type { CardAction } from '../readers';
import { borderStyle, flushStyle, on, spacingStyle } from '../style';
import { ActionButton } from './ActionButton';
import { FormElement } from './FormElement';
import { StatusLine } from './StatusLine';
import { Themed } from './Themed';

export function Card({ node }: { node: WidgetNode<'Card'> }): VNode {
  return (
    <Themed theme={node.props.theme}>
      {node.props.asForm ? <FormCard node={node} /> : <PlainCard node={node} />}
    </Themed>
  );
}

function PlainCard({ node }: { node: WidgetNode<'Card'> }): VNode {
  const frame = useFrame(node);
  return (
    <div {...frame}>
      <Inside node={node} scope={null} />
    </div>
  );
}

function FormCard({ node }: { node: WidgetNode<'Card'> }): VNode {
  const frame = useFrame(node);
  const scope = useScope();
  const confirm = node.props.confirm?.action ?? null;
  return (
    <FormContext.Provider value={scope}>
      <FormElement {...frame} scope={scope} action={confirm} cause="footer">
        <Inside node={node} scope={scope} />
      </FormElement>
    </FormContext.Provider>
  );
}

function useFrame({ props }: WidgetNode<'Card'>) {
  const { scheme } = useWidget();
  return {
    class: `ck-w-card ck-w-card-${props.size}`,
    style: {
      ...borderStyle(props.border, scheme),
      background: on(props.background, scheme) ?? 'var(--ck-surface-raised)',
    },
  };
}

function Inside({ node, scope }: { node: WidgetNode<'Card'>; scope: FormScope | null }): VNode {
  const { status, collapsed, confirm, cancel, padding } = node.props;
  return (
    <>
      <StatusLine status={status} />
      {!collapsed && node.children.length > 0 && (
        <div class="ck-w-card-body" style={{ ...spacingStyle('padding', padding), ...flushStyle(padding) }}>
          <Children of={node.children} />
        </div>
      )}
      {(confirm ?? cancel) && (
        <div class="ck-w-card-foot">
          {cancel && <FootButton given={cancel} kind="cancel" scope={scope} />}
          {confirm && <FootButton given={confirm} kind="confirm" scope={scope} />}
        </div>
      )}
    </>
  );
}

interface FootProps {
  readonly given: CardAction;
  readonly kind: 'confirm' | 'cancel';
  readonly scope: FormScope | null;
}

/** Confirming a form submits it, which checks its fields; cancelling it does not. */
function FootButton({ given, kind, scope }: FootProps): VNode {
  const widget = useWidget();
  const name = useName();
  const ref = useRef<HTMLButtonElement>(null);
  const isConfirm = kind === 'confirm';
  const isSubmit = isConfirm && scope !== null;
  const { action } = given;
  return (
    <ActionButton
      buttonRef={ref}
      name={name}
      class={`ck-w-button ck-w-size-lg ck-w-tone-${isConfirm ? 'primary' : 'secondary'} ck-w-${isConfirm ? 'solid' : 'outline'}`}
      isSubmit={isSubmit}
      action={action}
      isDisabled={action === null}
      onClick={() => {
        if (action && !isSubmit) widget.act(action, { cause: 'footer', control: name, scope });
      }}
    >
      <span class="ck-w-button-text">{given.label}</span>
    </ActionButton>
  );
}
