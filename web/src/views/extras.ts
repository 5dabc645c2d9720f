/**
 * The views that a conversation does well without for a moment: all in one chunk, which the element fetches when the
 * page is painted and idle, or when the first of them is shown. None of them moves what is around it as it comes.
 */
import { later, part } from '../lazy';

export const extras = later(() => import('./afterwards'));

const nothing = (): null => null;
const quietly = { loading: nothing, failed: nothing };

export const Announcements = part(extras, (views) => views.Announcements, quietly);
export const CopyButton = part(extras, (views) => views.CopyButton, quietly);
export const Jump = part(extras, (views) => views.Jump, quietly);
export const KeyboardRoom = part(extras, (views) => views.KeyboardRoom, quietly);
export const Problem = part(extras, (views) => views.Problem, quietly);
export const Quote = part(extras, (views) => views.Quote, quietly);
export const QuoteButton = part(extras, (views) => views.QuoteButton, quietly);
export const Quoting = part(extras, (views) => views.Quoting, quietly);
