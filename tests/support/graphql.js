// Somebody who is signed in and speaks GraphQL.
import { randomUUID } from 'node:crypto';
import { cookiesOf, typed } from './kept.js';

/** The field of a mutation's result that holds the thing it changed, by mutation. */
const CHANGES = {
  question: 'askQuestion giveAnswer hadSameQuestion acceptAnswer unacceptAnswer markHelpful unmarkHelpful revealAsker',
  experience: 'shareExperience markExperienceHelpful unmarkExperienceHelpful',
  project:
    'registerProject joinProject leaveProject advancePhase returnPhase raiseBottleneck resolveBottleneck reuseSolution postUpdate',
  cycle: 'planCycle makePrediction startCycle recordObservation logPdsaResult decideCycle abandonCycle',
  knowledgePage: 'draftPage writeSection citeSource dropSource publishPage',
};
const thingOf = (mutation) => Object.keys(CHANGES).find((thing) => CHANGES[thing].split(' ').includes(mutation));
const capital = (name) => name[0].toUpperCase() + name.slice(1);

/** What went wrong, with the code the server gave. */
export class Failure extends Error {
  constructor(errors) {
    super(errors.map(({ message }) => message).join('; '));
    this.code = errors[0].extensions?.code;
    this.extensions = errors[0].extensions;
  }
}

/** Signs in as a persona of the demo world. */
export async function signIn(url, persona, language = 'nl') {
  const response = await fetch(`${url}/demo/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ persona }),
  });
  if (response.status !== 204) throw new Error(`signing in as ${persona} gave ${response.status}`);
  cookiesOf(response.headers);
  const cookie = response.headers.getSetCookie()[0].split(';')[0];
  const person = new Person(url, cookie, language);
  const { viewer } = await person.ask('{ viewer { member { id name { text } } projects { id } } }');
  person.id = viewer.member.id;
  person.name = viewer.member.name.text;
  person.projects = viewer.projects.map(({ id }) => id);
  return person;
}

class Person {
  constructor(url, cookie, language) {
    this.url = url;
    this.cookie = cookie;
    this.language = language;
  }

  get headers() {
    return { cookie: this.cookie, 'accept-language': this.language };
  }

  /** Whatever is at an address of the platform. */
  get(path) {
    return fetch(this.url + path, { headers: this.headers, signal: AbortSignal.timeout(15_000) });
  }

  /** A query; gives its data, or throws a Failure. */
  async ask(query, variables = {}) {
    typed(variables);
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { ...this.headers, 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json' },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(15_000),
    });
    const answer = await response.json();
    if (answer.errors) throw new Failure(answer.errors);
    if (!answer.data) throw new Failure([{ message: answer.detail, extensions: { code: answer.code } }]);
    return answer.data;
  }

  /** A mutation: its position and the thing it changed, or the refusal. Has an idempotency key of its own if `input` has none. */
  async act(mutation, input, selection = 'id version') {
    const thing = thingOf(mutation);
    const { result } = await this.ask(
      `mutation ($input: ${capital(mutation)}Input!) {
        result: ${mutation}(input: $input) {
          __typename
          ... on ${capital(thing)}Changed { position ${thing} { ${selection} } }
          ... on Refusal { code message field }
        }
      }`,
      { input: { idempotencyKey: randomUUID(), ...input } },
    );
    return { ...result, thing: result[thing], refused: result.__typename === 'Refusal' };
  }

  /** A mutation that must not be refused. */
  async done(mutation, input, selection) {
    const result = await this.act(mutation, input, selection);
    if (result.refused) throw new Error(`${mutation} was refused: ${result.code} ${result.message}`);
    return result;
  }

  /** The position of the last event in the log. */
  async head() {
    const { log } = await (await fetch(`${this.url}/health/ready`)).json();
    return log.position;
  }

  /** Every entry of a project's timeline, oldest first. */
  async timeline(projectId) {
    const entries = [];
    for (let after = null; ; ) {
      const { project } = await this.ask(
        `query ($id: ID!, $after: String) { project(id: $id) { timeline(first: 100, after: $after, newestFirst: false) {
          nodes { position type sentence at subjectId kind } pageInfo { hasNextPage endCursor } } } }`,
        { id: projectId, after },
      );
      entries.push(...project.timeline.nodes);
      if (!project.timeline.pageInfo.hasNextPage) return entries;
      after = project.timeline.pageInfo.endCursor;
    }
  }
}

/** The first theme and intervention, for contributions that are about anything. */
export async function anyContext(person) {
  const { themes, interventions, regions, organisations } = await person.ask(
    '{ themes { id name } interventions { id name } regions { id } organisations { id } }',
  );
  return { theme: themes[0], intervention: interventions[0], region: regions[0], organisation: organisations[0] };
}
