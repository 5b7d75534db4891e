// New answers while one reads. The asker sees them at once; for others they wait behind a quiet line.
import { invalidate } from '$app/navigation';
import { listen } from '$lib/graphql/live';
import { t } from '$lib/i18n';
import { announcer } from '$lib/state/announce.svelte';
import { QuestionChangedSubscription, type QuestionShown } from './queries';

export class LiveAnswers {
  /** Ids of answers that came after the page was drawn; drawn with a short glow. */
  fresh = $state.raw<ReadonlySet<string>>(new Set());
  #waiting = $state.raw<readonly string[]>([]);
  readonly #question: () => QuestionShown;

  /** Call while a component initialises. */
  constructor(question: () => QuestionShown) {
    this.#question = question;
    const id = $derived(question().id);
    $effect(() => {
      this.#waiting = [];
      this.fresh = new Set();
      return listen(QuestionChangedSubscription, { id }, ({ questionChanged }) => this.#heard(questionChanged.question.answers), {
        positionOf: (result) => result.questionChanged.position,
        caughtUp: () => void invalidate('app:question'),
      });
    });
  }

  get waiting(): number {
    const shown = new Set(this.#question().answers.map(({ id }) => id));
    return this.#waiting.filter((id) => !shown.has(id)).length;
  }

  show = async (): Promise<void> => {
    this.fresh = new Set(this.#waiting);
    await invalidate('app:question');
  };

  #heard(answers: readonly { id: string; byViewer: boolean }[]): void {
    const question = this.#question();
    const shown = new Set(question.answers.map(({ id }) => id));
    this.#waiting = answers.filter(({ id, byViewer }) => !byViewer && !shown.has(id)).map(({ id }) => id);
    if (this.#waiting.length === 0 || !question.askedByViewer) return;
    announcer.say(t.questionPage.arrived);
    void this.show();
  }
}
