/**
 * Every string the element shows or speaks, in English: data, so that each translation is a file of the same keys.
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
  untitled: 'New chat',
  back: 'Back to the conversation',
  close: 'Close',

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
  commands: 'Commands',
  suggestions: 'Suggestions',
  suggestionCount: { one: '{count} suggestion', other: '{count} suggestions' },
  searching: 'Searching…',
  locked: 'This conversation is locked.',
  closed: 'This conversation has ended.',

  // Attachments
  attach: 'Add photos and files',
  attachments: 'Attachments',
  dropFiles: 'Drop files here',
  removeFile: 'Remove {name}',
  uploading: 'Uploading {name}',
  uploaded: '{name} uploaded',
  uploadFailed: '{name} could not be uploaded.',
  fileTooLarge: '{name} is larger than {size}.',
  fileTypeRefused: '{name}: files of this type are not accepted.',
  tooManyFiles: {
    one: 'At most {count} file can be attached.',
    other: 'At most {count} files can be attached.',
  },
  openFile: 'Open {name}',
  newTab: 'Opens in a new tab',

  // Dictation
  dictate: 'Dictate',
  recording: 'Recording',
  finishDictation: 'Finish dictation',
  cancelDictation: 'Cancel dictation',
  transcribing: 'Transcribing…',
  microphoneDenied: 'The microphone is blocked. Allow it in your browser settings.',
  microphoneMissing: 'No microphone was found.',
  dictationFailed: 'The recording could not be transcribed.',

  // Questions of the assistant
  questions: 'Questions',
  questionOf: 'Question {index} of {total}',
  otherAnswer: 'Other',
  typeAnswer: 'Type your answer',
  chooseSeveral: 'Choose all that apply',
  next: 'Next',
  previous: 'Previous',
  submit: 'Submit',
  skip: 'Skip',
  skipAll: 'Skip all',
  skipped: 'Skipped',
  questionsAnswered: 'Questions answered',
  questionsSkipped: 'Questions skipped',
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
  hiddenWidget: 'This content cannot be shown here.',

  // Code, formulas, diagrams, tables, pictures
  code: 'Code',
  formula: 'Formula',
  diagram: 'Diagram',
  table: 'Table',
  image: 'Image',
  diagramFailed: 'This diagram could not be drawn.',
  showSource: 'Show source',
  showDiagram: 'Show diagram',
  imageBlocked: 'Image from {host}, not shown',
  imageFailed: 'The image could not be loaded.',
  enlarge: 'Enlarge the image',
  generatedImage: 'Generated image',
  generatingImage: 'Making an image',

  // Sources
  source: 'Source',
  sources: 'Sources',
  unsupported: 'Not supported by the sources',

  // Workflows, tasks, progress
  thinking: 'Thinking',
  reconnecting: 'Reconnecting…',
  thought: 'Thought for {duration}',
  thoughtMoment: 'Thought for a moment',
  worked: 'Worked for {duration}',
  workedMoment: 'Worked for a moment',
  finished: 'Finished',
  steps: 'Steps',
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
  renameFailed: 'The conversation could not be renamed.',
  deleteFailed: 'The conversation could not be deleted.',
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

  // History
  searchHistory: 'Search conversations',
  clearSearch: 'Clear the search',
  noMatches: 'No conversations found',
  matchCount: { one: '{count} conversation found', other: '{count} conversations found' },
  searchedSome: {
    one: 'Only your newest conversation was searched.',
    other: 'Only your newest {count} conversations were searched.',
  },
  searchFurther: 'Search further',
  historyEmpty: 'No conversations yet',
  historyEmptyHint: 'What you ask will be kept here.',
  historyFailed: 'Your conversations could not be loaded.',
  historyLoading: 'Loading conversations',
  historyMore: 'Loading more conversations',
  today: 'Today',
  yesterday: 'Yesterday',
  week: 'Previous 7 days',
  month: 'Previous 30 days',
  older: 'Older',
  rename: 'Rename',
  renameThread: 'Rename {title}',
  threadTitle: 'Title of the conversation',
  threadRenamed: 'Conversation renamed',
  delete: 'Delete',
  deleteThread: 'Delete {title}',
  confirmDelete: 'Delete for good?',
  threadDeleted: 'Conversation deleted',
  undo: 'Undo',
  restored: 'Conversation restored',
  cancel: 'Cancel',
} as const satisfies Catalogue;
