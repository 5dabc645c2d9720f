/**
 * The strings that the script itself shows or speaks, in English: data, so that each translation is a file of the same
 * keys. Those of its later parts are in `later`.
 *
 * `{name}` stands for a value, which is handed in by that name; an object holds the plural forms of a `{count}`.
 * Dates, durations and sizes come formatted from `messages.format`. Keys stand near their relatives.
 */
import type { Catalogue } from './message';

export const en = {
  // The frame, the header, the start
  frameTitle: 'Chat',
  greeting: 'What can I help with today?',
  history: 'Conversation history',
  newChat: 'New chat',

  // Composer
  placeholder: 'Message the AI',
  send: 'Send message',
  sent: 'Message sent',
  stop: 'Stop responding',
  busy: 'Responding…',
  add: 'Add files and more',
  tools: 'Choose a tool',
  removeTool: 'Remove {tool}',
  model: 'Choose a model',
  removeQuote: 'Remove the quote',
  mention: 'Mention',
  locked: 'This conversation is locked.',
  closed: 'This conversation has ended.',

  // Attachments
  attach: 'Add photos and files',
  fileTooLarge: '{name} is larger than {size}.',
  fileTypeRefused: '{name}: files of this type are not accepted.',
  tooManyFiles: {
    one: 'At most {count} file can be attached.',
    other: 'At most {count} files can be attached.',
  },
  newTab: 'Opens in a new tab',

  // Dictation
  dictate: 'Dictate',

  // Questions of the assistant
  questionsPending: 'The assistant is waiting for answers to its questions',

  // Messages and what can be done with them
  conversation: 'Conversation',
  youSaid: 'You said',
  assistantSaid: 'The assistant said',
  notSent: 'Not sent',
  stopped: 'You stopped this answer.',
  copy: 'Copy',
  copied: 'Copied',
  copyMessage: 'Copy your message',
  goodAnswer: 'Good answer',
  badAnswer: 'Bad answer',
  retry: 'Try again',
  retryAnswer: 'Answer again',
  reload: 'Load again',
  reply: 'Reply',

  // Code, formulas, diagrams, tables, pictures
  code: 'Code',
  formula: 'Formula',
  diagram: 'Diagram',
  table: 'Table',
  image: 'Image',

  // Sources
  source: 'Source',
  sources: 'Sources',
  unsupported: 'Not supported by the sources',

  // Workflows, tasks, progress
  thinking: 'Thinking',
  reconnecting: 'Reconnecting…',
  thought: 'Thought for {duration}',
  searchingFor: 'Searching for {query}',
  searchedWeb: 'Searched the web',
  readFiles: 'Read files',
  madeImage: 'Made an image',

  // Errors and notices
  somethingWrong: 'Something went wrong. Please try again.',
  unreachable: 'The server cannot be reached. Check your connection and try again.',
  unanswered: 'This question was not answered.',
  brokenOff: 'The server was interrupted before this answer was complete.',
  loadFailed: 'This conversation could not be loaded.',
  loadingPart: 'Loading',
  partFailed: 'This part could not be loaded.',
  note: 'Note',
  warning: 'Warning',
  error: 'Error',
  dismiss: 'Dismiss',

  // Moving in a thread
  toBottom: 'Scroll to the latest message',
  newMessages: 'New messages',
  unreadCount: { one: '{count} new message', other: '{count} new messages' },
  loadingThread: 'Loading the conversation',
  loadingOlder: 'Loading earlier messages',

  // What is spoken
  answerStopped: 'The answer was stopped',
} as const satisfies Catalogue;
