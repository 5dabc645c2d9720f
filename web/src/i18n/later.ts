/**
 * The rest of the English: what only those parts show that are loaded later. It comes with them; a part that shows
 * any of it exports it beside its view, as `english`. A translation has the strings of both in its one file.
 */
import type { Catalogue } from './message';

export const english = {
  // The frame
  untitled: 'New chat',
  back: 'Back to the conversation',
  close: 'Close',

  // Tags and commands
  commands: 'Commands',
  suggestions: 'Suggestions',
  suggestionCount: { one: '{count} suggestion', other: '{count} suggestions' },
  searching: 'Searching…',

  // Attachments
  attachments: 'Attachments',
  dropFiles: 'Drop files here',
  removeFile: 'Remove {name}',
  uploading: 'Uploading {name}',
  uploaded: '{name} uploaded',
  uploadFailed: '{name} could not be uploaded.',
  openFile: 'Open {name}',

  // Dictation
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

  // Diagrams, pictures
  diagramFailed: 'This diagram could not be drawn.',
  showSource: 'Show source',
  showDiagram: 'Show diagram',
  imageBlocked: 'Image from {host}, not shown',
  imageFailed: 'The image could not be loaded.',
  enlarge: 'Enlarge the image',
  generatedImage: 'Generated image',
  generatingImage: 'Making an image',

  // Widgets
  hiddenWidget: 'This content cannot be shown here.',
  showMore: 'Show more',
  choose: 'Choose…',
  clear: 'Clear',
  nothingFound: 'Nothing found',

  // Workflows, tasks, progress
  thoughtMoment: 'Thought for a moment',
  worked: 'Worked for {duration}',
  workedMoment: 'Worked for a moment',
  finished: 'Finished',
  steps: 'Steps',

  // Errors
  renameFailed: 'The conversation could not be renamed.',
  deleteFailed: 'The conversation could not be deleted.',

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
