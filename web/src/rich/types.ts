/** The wire's citation objects, as far as this folder reads them. */

export interface URLSource {
  type: 'url';
  title: string;
  url: string;
  description?: string | null;
  timestamp?: string | null;
  group?: string | null;
  attribution?: string | null;
}

export interface FileSource {
  type: 'file';
  title: string;
  filename: string;
  description?: string | null;
  timestamp?: string | null;
  group?: string | null;
}

export interface EntitySource {
  type: 'entity';
  title: string;
  id: string;
  icon?: string | null;
  label?: string | null;
  inline_label?: string | null;
  interactive?: boolean;
  data?: Record<string, unknown>;
  description?: string | null;
  timestamp?: string | null;
  group?: string | null;
}

export type Source = URLSource | FileSource | EntitySource;

export interface Annotation {
  type: 'annotation';
  source: Source;
  index?: number | null;
}
