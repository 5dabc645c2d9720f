/**
 * What is suggested for `@name` and `/command`: asked for after a pause in the typing, and never shown for
 * something that has been typed before. Knows nothing of the DOM.
 */
import type { Command, CommandSelection, Entity } from '@openai/chatkit';
import { signal, type ReadonlySignal } from '@preact/signals';
import type { Commands, Entities } from '../../../options';
import type { Surroundings } from '../../../protocol/surroundings';
import type { Trigger } from './trigger';

/** Milliseconds without a key after which a search is worth its request. */
const PAUSE = 150;

/** What the composer itself can do. */
export interface Action {
  readonly label: string;
  readonly icon: string;
  readonly group?: string;
  readonly run: () => void;
}

export type Choice = {
  readonly key: string;
  readonly label: string;
  readonly description: string | null;
  readonly icon: string | null;
  readonly group: string | null;
} & (
  | { readonly entity: Entity }
  | { readonly command: Command }
  | { readonly action: Action; readonly command?: undefined }
);

export interface Suggested {
  readonly trigger: Trigger;
  readonly choices: readonly Choice[];
  readonly active: number;
  readonly isSearching: boolean;
}

export interface Sources {
  readonly after: Surroundings['after'];
  readonly entities: () => Entities;
  readonly commands: () => Commands | null;
  readonly actions: () => readonly Action[];
  readonly report: (thrown: unknown) => void;
  /** Puts a tag, or nothing, in place of what was typed for it. */
  readonly replace: (trigger: Trigger, entity: Entity | null) => void;
  /** Takes away what was typed behind the sign. */
  readonly shorten: (trigger: Trigger) => void;
}

export class Suggestions {
  readonly shown: ReadonlySignal<Suggested | null>;
  private readonly state = signal<Suggested | null>(null);
  /** The menus that commands led to, innermost last. */
  private menus: (readonly Command[])[] = [];
  /** Where a sign was passed over with Esc. */
  private passed: number | null = null;
  private latest = 0;
  private callOff: () => void = () => undefined;

  constructor(private readonly sources: Sources) {
    this.shown = this.state;
  }

  /** What is typed has become `trigger`. */
  look(trigger: Trigger | null): void {
    if (trigger?.start !== this.passed) this.passed = null;
    if (!trigger || this.passed !== null || !this.answers(trigger.sign)) {
      this.close();
      return;
    }
    const before = this.state.value;
    if (before?.trigger.start !== trigger.start) this.menus = [];
    else if (before.trigger.query === trigger.query) return;
    const isNew = before?.trigger.start !== trigger.start || before.trigger.sign !== trigger.sign;
    // Until the answer comes, what still fits of the last one.
    const kept = isNew ? [] : before.choices.filter((choice) => !('action' in choice));
    this.show(trigger, kept, true);
    this.callOff();
    const ticket = ++this.latest;
    if (this.menus.length > 0) this.show(trigger, [], false);
    else this.callOff = this.sources.after(isNew ? 0 : PAUSE, () => void this.search(trigger, ticket));
  }

  move(step: number): void {
    const { value } = this.state;
    if (!value) return;
    const count = value.choices.length;
    this.state.value = { ...value, active: (value.active + step + count) % count };
  }

  point(active: number): void {
    if (this.state.value) this.state.value = { ...this.state.value, active };
  }

  choose(choice: Choice | undefined): void {
    const trigger = this.state.value?.trigger;
    if (!choice || !trigger) return;
    if ('entity' in choice) this.finish(trigger, choice.entity);
    else if ('action' in choice) {
      this.finish(trigger, null);
      choice.action.run();
    } else void this.run(choice.command, trigger);
  }

  /** Out of the innermost menu, or out of the suggestions. */
  back(): void {
    const { value } = this.state;
    if (value && this.menus.pop()) {
      const isInside = this.menus.length > 0;
      this.show(value.trigger, [], !isInside);
      if (!isInside) void this.search(value.trigger, ++this.latest);
      return;
    }
    this.passed = value?.trigger.start ?? null;
    this.close();
  }

  close(): void {
    this.callOff();
    this.latest++;
    this.menus = [];
    if (this.state.value) this.state.value = null;
  }

  private answers(sign: Trigger['sign']): boolean {
    return sign === '@' ? this.sources.entities().search !== null : this.sources.commands() !== null;
  }

  private async search(trigger: Trigger, ticket: number): Promise<void> {
    const { entities, commands, report } = this.sources;
    let found: readonly Choice[] = [];
    try {
      found =
        trigger.sign === '@'
          ? ((await entities().search?.(trigger.query)) ?? []).map(fromEntity)
          : ((await commands()?.search?.(trigger.query)) ?? []).map(fromCommand);
    } catch (thrown) {
      report(thrown);
    }
    if (ticket === this.latest) this.show(this.state.value?.trigger ?? trigger, found, false);
  }

  private async run(command: Command, trigger: Trigger): Promise<void> {
    const ticket = ++this.latest;
    let selection: CommandSelection | null = null;
    try {
      selection = (await this.sources.commands()?.select?.(command)) ?? null;
    } catch (thrown) {
      this.sources.report(thrown);
    }
    // Something else has been typed or closed meanwhile.
    if (ticket !== this.latest) return;
    if (selection?.type !== 'menu') {
      this.finish(trigger, selection?.entity ?? null);
      return;
    }
    this.menus.push(selection.commands);
    const shortened = { ...trigger, query: '', end: trigger.start + 1 };
    this.show(shortened, [], false);
    this.sources.shorten(trigger);
  }

  private finish(trigger: Trigger, entity: Entity | null): void {
    this.close();
    this.sources.replace(trigger, entity);
  }

  private show(trigger: Trigger, found: readonly Choice[], isSearching: boolean): void {
    const fits = ({ label }: { label: string }): boolean =>
      label.toLocaleLowerCase().includes(trigger.query.toLocaleLowerCase());
    const menu = this.menus.at(-1);
    const own = trigger.sign === '/' ? this.sources.actions().filter(fits).map(fromAction) : [];
    const choices = menu
      ? menu.filter(fits).map(fromCommand)
      : [...own, ...(isSearching ? found.filter(fits) : found)];
    const listed = grouped(choices);
    const key = this.state.value?.choices[this.state.value.active]?.key;
    const active = Math.max(
      0,
      listed.findIndex((choice) => choice.key === key),
    );
    this.state.value = { trigger, choices: listed, active, isSearching };
  }
}

const fromEntity = (entity: Entity): Choice => ({
  key: `entity-${entity.id}`,
  label: entity.title,
  description: null,
  icon: entity.icon ?? null,
  group: entity.group ?? null,
  entity,
});

const fromCommand = (command: Command): Choice => ({
  key: `command-${command.id}`,
  label: command.label,
  description: command.description ?? null,
  icon: command.icon ?? null,
  group: command.group ?? null,
  command,
});

const fromAction = (action: Action): Choice => ({
  key: `action-${action.group ?? ''}-${action.label}`,
  label: action.label,
  description: null,
  icon: action.icon,
  group: action.group ?? null,
  action,
});

/** Groups in the order in which they are first seen, each in one piece. */
function grouped(choices: readonly Choice[]): Choice[] {
  const groups = new Map<string | null, Choice[]>();
  for (const choice of choices) groups.set(choice.group, [...(groups.get(choice.group) ?? []), choice]);
  return [...groups.values()].flat();
}
