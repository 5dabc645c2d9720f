/** The element's style sheet: each view's own file, in the order in which they may override each other. */
import rich from '../rich/rich.css?inline';
import base from './base.css?inline';
import composer from './composer/composer.css?inline';
import header from './header/header.css?inline';
import history from './history/history.css?inline';
import message from './message/message.css?inline';
import start from './start/start.css?inline';
import thread from './thread/thread.css?inline';

export const styles = [base, header, start, thread, message, composer, history, rich].join('\n');
