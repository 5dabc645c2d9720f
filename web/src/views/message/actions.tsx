/** The place of what can be done with an answer, as high before that is there as after. */
import type { VNode } from 'preact';
import { part } from '../../lazy';
import { extras } from '../extras';

const Place = (): VNode => <div class="ck-actions" />;

export const TurnActions = part(extras, (views) => views.TurnActions, { loading: Place, failed: Place });
