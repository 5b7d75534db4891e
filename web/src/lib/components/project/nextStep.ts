// The one thing a project should do next, from what is known of it. A suggestion, in plain words.
import { graphql, type FragmentOf } from '$lib/graphql/graphql';
import { wordsOf, type Written } from '$lib/format/names';
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
  /** What in it is in people's own words. */
  quoted?: string;
  href: string;
}

export function nextStep(project: FragmentOf<typeof NextStepFields>, today: string): Step {
  const cycles = [...project.cycles].sort((a, b) => b.plannedAt.localeCompare(a.plannedAt));
  const about = (cycle: { id: string; change: Written }, say: (change: string) => string): Step => {
    // Within a sentence a change has no full stop of its own.
    const quoted = wordsOf(cycle.change).replace(/\.$/, '');
    return { text: say(quoted), quoted, href: `/pdsa/${cycle.id}` };
  };

  const studied = cycles.find(({ stage }) => stage === 'STUDIED');
  if (studied) return about(studied, t.nextStep.decide);

  const over = cycles.find(({ stage, ends }) => stage === 'STARTED' && ends < today);
  if (over) return about(over, t.nextStep.logResult);

  const unpredicted = cycles.find(({ stage, predictedAt }) => stage === 'PLANNED' && !predictedAt);
  if (unpredicted) return about(unpredicted, t.nextStep.predict);

  const planned = cycles.find(({ stage }) => stage === 'PLANNED');
  if (planned) return about(planned, t.nextStep.startCycle);

  const running = cycles.find(({ stage }) => stage === 'STARTED');
  if (running) return about(running, t.nextStep.observe);

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
