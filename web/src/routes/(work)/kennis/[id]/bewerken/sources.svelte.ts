// Finding something to cite: by words, or by a pasted address.
import { plainOf, wordsOf } from '$lib/format/names';
import { request } from '$lib/graphql/client';
import { w } from '$lib/i18n';
import { ExperienceByAddressQuery, FindSourcesQuery, QuestionByAddressQuery } from './queries';

export interface Candidate {
  /** Id of the thing itself. */
  id: string;
  kind: string;
  title: string;
  excerpt: string;
  input: { questionId?: string; answerId?: string; experienceId?: string };
}

const PAUSE = 350;
const ADDRESS = /\/(vragen|ervaringen)\/([\w-]+)(?:#(answer-[\w-]+))?/;

export class SourceSearch {
  found = $state.raw<Candidate[]>([]);
  searched = $state(false);

  /** Call while a component initialises. */
  constructor(text: () => string) {
    $effect(() => {
      const wanted = text().trim();
      this.searched = false;
      if (wanted.length < 4) {
        this.found = [];
        return;
      }
      const stop = new AbortController();
      const timer = setTimeout(() => this.#search(wanted, stop.signal), PAUSE);
      return () => {
        clearTimeout(timer);
        stop.abort();
      };
    });
  }

  async #search(text: string, signal: AbortSignal): Promise<void> {
    const address = ADDRESS.exec(text);
    try {
      this.found = await (address ? byAddress(address, signal) : byWords(text, signal));
      this.searched = true;
    } catch {
      // Typing on, or trying again, searches anew.
    }
  }
}

async function byAddress([, place, id = '', answerId]: RegExpExecArray, signal: AbortSignal): Promise<Candidate[]> {
  if (place === 'ervaringen') {
    const { experience } = await request(ExperienceByAddressQuery, { id }, { signal });
    return experience ? [ofExperience(experience)] : [];
  }
  const { question } = await request(QuestionByAddressQuery, { id }, { signal });
  if (!question) return [];
  const answers = question.answers.filter((answer) => !answerId || answer.id === answerId);
  const candidates = answers.map((answer) => ofAnswer(question, answer));
  return answerId ? candidates : [ofQuestion(question), ...candidates];
}

async function byWords(text: string, signal: AbortSignal): Promise<Candidate[]> {
  const { similar } = await request(FindSourcesQuery, { text }, { signal });
  return similar.flatMap(({ contribution }) => {
    if (contribution.__typename === 'Experience') return [ofExperience(contribution)];
    const accepted = contribution.answers.filter((answer) => answer.accepted);
    return [ofQuestion(contribution), ...accepted.map((answer) => ofAnswer(contribution, answer))];
  });
}

type Words = { erased: boolean; text: string | null };
type Titled = { id: string; title: Words };

const ofQuestion = ({ id, title }: Titled): Candidate => ({
  id,
  kind: w.knowledge.question,
  title: wordsOf(title),
  excerpt: '',
  input: { questionId: id },
});

const ofAnswer = (question: Titled, answer: { id: string; body: Words }): Candidate => ({
  id: answer.id,
  kind: w.knowledge.answer,
  title: wordsOf(question.title),
  excerpt: plainOf(answer.body),
  input: { questionId: question.id, answerId: answer.id },
});

const ofExperience = ({ id, title }: Titled): Candidate => ({
  id,
  kind: w.knowledge.experience,
  title: wordsOf(title),
  excerpt: '',
  input: { experienceId: id },
});
