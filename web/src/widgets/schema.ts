/**
 * Every component that a widget may have: its properties, their types and their defaults. The parser reads by this
 * table, and the components' own types are made of it.
 */
import { axis, data, series } from './chartData';
import { BACKGROUND, BORDER, TEXT } from './colours';
import { border, colour, flex, number, paint, radius, ratio, size, space, spacing } from './css';
import {
  action,
  cardAction,
  choices,
  count,
  day,
  editable,
  flag,
  limit,
  oneOf,
  optional,
  status,
  text,
  type Reader,
} from './readers';

const textColour = (value: unknown) => colour(value, TEXT);
const background = (value: unknown) => paint(value, BACKGROUND);
const borders = (value: unknown) => border(value, BORDER);

const WEIGHTS = ['normal', 'medium', 'semibold', 'bold'] as const;
const TEXT_SIZES = ['xs', 'sm', 'md', 'lg', 'xl'] as const;
const CONTROL_SIZES = ['3xs', '2xs', 'xs', 'sm', 'md', 'lg', 'xl', '2xl', '3xl'] as const;
const GUTTERS = ['2xs', 'xs', 'sm', 'md', 'lg', 'xl'] as const;
const CONTROL_VARIANTS = ['solid', 'soft', 'outline', 'ghost'] as const;
const ALIGNMENTS = ['start', 'center', 'end', 'baseline', 'stretch'] as const;
const theme = oneOf(['light', 'dark'], null);
const align = oneOf(ALIGNMENTS, null);
const justify = oneOf(['start', 'center', 'end', 'between', 'around', 'evenly', 'stretch'], null);
const textAlign = oneOf(['start', 'center', 'end'], null);
const direction: Reader<'row' | 'col'> = (value) => (value === 'row' ? 'row' : 'col');

const block = {
  height: size,
  width: size,
  size,
  minHeight: size,
  minWidth: size,
  minSize: size,
  maxHeight: size,
  maxWidth: size,
  maxSize: size,
  aspectRatio: ratio,
};

const box = {
  ...block,
  align,
  justify,
  wrap: oneOf(['nowrap', 'wrap', 'wrap-reverse'], null),
  flex,
  gap: space,
  padding: spacing,
  margin: spacing,
  border: borders,
  radius,
  background,
};

const words = {
  value: text,
  color: textColour,
  textAlign,
  truncate: flag(),
  maxLines: count(1, 1_000),
};

const field = { name: text, disabled: flag() };
const written = {
  ...field,
  defaultValue: text,
  required: flag(),
  pattern: optional,
  placeholder: optional,
  allowAutofillExtensions: flag(),
  autoSelect: flag(),
  autoFocus: flag(),
  variant: oneOf(['soft', 'outline'], 'outline'),
  size: oneOf(CONTROL_SIZES, 'lg'),
  gutterSize: oneOf(GUTTERS, null),
};
const picked = {
  ...field,
  onChangeAction: action,
  placeholder: optional,
  variant: oneOf(CONTROL_VARIANTS, 'outline'),
  size: oneOf(CONTROL_SIZES, 'lg'),
  pill: flag(),
  block: flag(true),
  clearable: flag(),
};

export const SCHEMA = {
  Card: {
    asForm: flag(),
    background,
    border: borders,
    size: oneOf(['sm', 'md', 'lg', 'full'], 'md'),
    padding: spacing,
    status,
    collapsed: flag(),
    confirm: cardAction,
    cancel: cardAction,
    theme,
  },
  ListView: { limit, status, theme },
  ListViewItem: { onClickAction: action, gap: space, align: oneOf(ALIGNMENTS, 'center') },
  Basic: { theme, direction, gap: space, padding: spacing, align, justify },

  Box: { ...box, direction },
  Row: box,
  Col: box,
  Form: { ...box, direction, onSubmitAction: action },
  Spacer: { minSize: size },
  Divider: {
    color: (value: unknown) => colour(value, BORDER),
    size,
    spacing: space,
    flush: flag(),
  },
  Transition: {},
  Table: {},
  'Table.Row': { header: flag() },
  'Table.Cell': {
    width: size,
    padding: spacing,
    colSpan: count(1, 100),
    rowSpan: count(1, 100),
    align: textAlign,
    vAlign: oneOf(['start', 'center', 'end'], null),
    colSize: oneOf(['xs', 'sm', 'md', 'lg', 'xl'], null),
  },

  Title: {
    ...words,
    size: oneOf(['xs', 'sm', 'md', 'lg', 'xl', '2xl', '3xl', '4xl', '5xl'], 'md'),
    weight: oneOf(WEIGHTS, 'semibold'),
  },
  Text: {
    ...words,
    size: oneOf(TEXT_SIZES, 'md'),
    weight: oneOf(WEIGHTS, 'normal'),
    minLines: count(1, 100),
    italic: flag(),
    lineThrough: flag(),
    width: size,
    streaming: flag(),
    editable,
  },
  Caption: { ...words, size: oneOf(['sm', 'md', 'lg'], 'md'), weight: oneOf(WEIGHTS, 'normal') },
  Markdown: { value: text, streaming: flag() },
  Label: {
    value: text,
    fieldName: text,
    size: oneOf(TEXT_SIZES, 'sm'),
    weight: oneOf(WEIGHTS, 'medium'),
    textAlign,
    color: textColour,
  },

  Badge: {
    label: text,
    color: oneOf(['secondary', 'success', 'danger', 'warning', 'info', 'discovery'], 'secondary'),
    variant: oneOf(['soft', 'solid', 'outline'], 'soft'),
    size: oneOf(['sm', 'md', 'lg'], 'sm'),
    pill: flag(),
  },
  Icon: {
    name: text,
    color: textColour,
    size: oneOf(['xs', 'sm', 'md', 'lg', 'xl', '2xl', '3xl'], 'md'),
  },
  Image: {
    ...block,
    src: text,
    alt: text,
    fit: oneOf(['cover', 'contain', 'fill', 'scale-down', 'none'], 'cover'),
    position: oneOf(
      ['top left', 'top', 'top right', 'left', 'center', 'right', 'bottom left', 'bottom', 'bottom right'],
      'center',
    ),
    radius,
    frame: flag(),
    flush: flag(),
    margin: spacing,
    background,
    flex,
  },
  Button: {
    label: text,
    submit: flag(),
    onClickAction: action,
    iconStart: optional,
    iconEnd: optional,
    style: oneOf(['primary', 'secondary'], null),
    iconSize: oneOf(['sm', 'md', 'lg', 'xl', '2xl'], null),
    color: oneOf(
      ['primary', 'secondary', 'info', 'discovery', 'success', 'caution', 'warning', 'danger'],
      null,
    ),
    variant: oneOf(CONTROL_VARIANTS, null),
    size: oneOf(CONTROL_SIZES, 'lg'),
    pill: flag(),
    uniform: flag(),
    block: flag(),
    disabled: flag(),
  },
  Chart: {
    ...block,
    data,
    series,
    xAxis: axis,
    showYAxis: flag(),
    showLegend: flag(true),
    showTooltip: flag(true),
    barGap: number,
    barCategoryGap: number,
    flex,
  },

  Input: {
    ...written,
    inputType: oneOf(['text', 'number', 'email', 'password', 'tel', 'url'], 'text'),
    pill: flag(),
  },
  Textarea: {
    ...written,
    rows: count(1, 50),
    autoResize: flag(),
    maxRows: count(1, 100),
  },
  Select: {
    ...picked,
    options: choices,
    defaultValue: optional,
    // Null: by the number of options.
    searchable: (value: unknown) => (typeof value === 'boolean' ? value : null),
  },
  DatePicker: {
    ...picked,
    defaultValue: day,
    min: day,
    max: day,
    side: oneOf(['bottom', 'top', 'left', 'right'], 'bottom'),
    align: oneOf(['center', 'start', 'end'], 'center'),
  },
  Checkbox: {
    ...field,
    label: text,
    defaultChecked: flag(),
    onChangeAction: action,
    required: flag(),
  },
  RadioGroup: {
    ...field,
    options: choices,
    ariaLabel: optional,
    onChangeAction: action,
    defaultValue: optional,
    direction: (value: unknown): 'row' | 'col' => (value === 'col' || value === 'column' ? 'col' : 'row'),
    required: flag(),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Reader<unknown>>>>>;

export type Kind = keyof typeof SCHEMA;

type Read<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Reader<infer Value> ? Value : never;
};

export type Props<K extends Kind> = Read<(typeof SCHEMA)[K]>;

export function isKind(name: unknown): name is Kind {
  return typeof name === 'string' && Object.hasOwn(SCHEMA, name);
}
