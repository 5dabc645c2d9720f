/** What follows the element's script by itself: see `extras`. */
import steps from './message/steps.css?inline';
import actions from './message/actions.css?inline';
import beside from './thread/beside.css?inline';
import quote from './composer/quote.css?inline';

export const css = [steps, actions, beside, quote].join('\n');

export { english } from '../i18n/later';
export { usual } from './icons/usual';
export { Problem } from './composer/Problem';
export { Quote } from './composer/Quote';
export { InteractiveName } from './entity/InteractiveName';
export { KeyboardRoom } from './keyboard';
export { CopyButton } from './message/CopyButton';
export { Special } from './message/Special';
export { TurnActions } from './message/TurnActions';
export { Announcements } from './thread/Announcements';
export { Jump } from './thread/Jump';
export { NoticeBanner } from './thread/NoticeBanner';
export { QuoteButton } from './thread/QuoteButton';
export { Quoting } from './thread/quoting';
