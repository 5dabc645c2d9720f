/** The room of a control that is on its way. */
import type { VNode } from 'preact';

export function ControlBones(): VNode {
  return <span class="ck-bone ck-w-control-bone" aria-hidden="true" />;
}
