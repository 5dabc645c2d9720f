/** The style sheet of what is seen at first, each view's own file in the order in which they may override each other. */
import rich from '../rich/rich.css?inline';
import base from './base.css?inline';
import composer from './composer/composer.css?inline';
import header from './header/header.css?inline';
import host from './host.css?inline';
import message from './message/message.css?inline';
import start from './start/start.css?inline';
import thread from './thread/thread.css?inline';

export const styles = [base, header, start, thread, message, composer, rich, host].join('\n');
