// The one thing a project should do next, from what is known of it. A suggestion, in plain words.
import { graphql, type FragmentOf } from '$lib/graphql/graphql';
import { wordsOf } from '$lib/format/names';
import { t } from '$lib/i18n';

export const NextStepFields = graphql(`
  fragment NextStep on Project {
    id
    openBottleneckCount
    interventions { id }
    cycles {
      id
      stage
      ends
      change { erased text }
      predictedAt
      plannedAt
      decision { decision }
      follows { id }
    }
  }
`);

export interface Step {
  text: string;
  href: string;
}

export function nextStep(project: FragmentOf<typeof NextStepFields>, today: string): Step {
  const cycles = [...project.cycles].sort((a, b) => b.plannedAt.localeCompare(a.plannedAt));
  const at = (cycle: { id: string }) => `/pdsa/${cycle.id}`;
  const say = (cycle: { change: { erased: boolean; text: string | null } }) => wordsOf(cycle.change);

  const studied = cycles.find(({ stage }) => stage === 'STUDIED');
  if (studied) return { text: t.nextStep.decide(say(studied)), href: at(studied) };

  const over = cycles.find(({ stage, ends }) => stage === 'STARTED' && ends < today);
  if (over) return { text: t.nextStep.logResult(say(over)), href: at(over) };

  const unpredicted = cycles.find(({ stage, predictedAt }) => stage === 'PLANNED' && !predictedAt);
  if (unpredicted) return { text: t.nextStep.predict(say(unpredicted)), href: at(unpredicted) };

  const planned = cycles.find(({ stage }) => stage === 'PLANNED');
  if (planned) return { text: t.nextStep.startCycle(say(planned)), href: at(planned) };

  const running = cycles.find(({ stage }) => stage === 'STARTED');
  if (running) return { text: t.nextStep.observe(say(running)), href: at(running) };

  const here = `/projecten/${project.id}`;
  if (cycles.length === 0) return { text: t.nextStep.firstCycle, href: `${here}/pdsa/nieuw` };

  const followed = new Set(cycles.map(({ follows }) => follows?.id));
  const open = cycles.find(
    ({ id, decision }) => decision && decision.decision !== 'ABANDON' && !followed.has(id),
  );
  if (open) return { text: t.nextStep.nextCycle, href: `${here}/pdsa/nieuw?na=${open.id}` };
  const solutions = `/ervaringen?interventie=${project.interventions[0]?.id ?? ''}`;
  if (project.openBottleneckCount > 0) {
    return { text: t.nextStep.bottleneck(project.openBottleneckCount), href: solutions };
  }
  return { text: t.nextStep.update, href: `${here}#berichten` };
}
