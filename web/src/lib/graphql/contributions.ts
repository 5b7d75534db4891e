// News of new questions, answers and experiences, for quiet "n nieuwe" lines.
import { graphql } from './graphql';
import { listen } from './live';

const ContributionAdded = graphql(`
  subscription ContributionAdded($after: Position) {
    contributionAdded(after: $after) {
      position
      entry { position type kind subjectId }
    }
  }
`);

/** Hear of each new contribution of a type (e.g. QuestionAsked) until the returned function is called. */
export function onContribution(types: readonly string[], heard: (subjectId: string) => void): () => void {
  return listen(
    ContributionAdded,
    {},
    ({ contributionAdded: { entry } }) => {
      if (types.includes(entry.type)) heard(entry.subjectId);
    },
    { positionOf: (result) => result.contributionAdded.position },
  );
}
