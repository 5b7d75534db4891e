// One project: where it stands, what is in its way, who takes part, and all that happened.
import { PersonFields } from '$components/Person';
import { TimelineEntryFields } from '$components/timeline/Timeline';
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const ProjectPageQuery = graphql(
  `
    query ProjectPage($id: ID!, $asOf: AsOf) {
      project(id: $id, asOf: $asOf) {
        id
        name { erased text }
        aim { erased html }
        interventions { id name }
        organisations { id name kind }
        region { id name consortium }
        lead { ...Person }
        participants { ...Person }
        startsOn
        phase
        phases { phase from until note { erased text } }
        bottlenecks {
          id
          text { erased text html }
          kind
          raisedAt
          raisedBy { ...Person }
          resolution {
            solution { erased html }
            at
            by { ...Person }
            experience { id title { erased text } }
          }
        }
        updates { id text { erased html } at by { ...Person } }
        reuses {
          at
          by { ...Person }
          bottleneckId
          experience { id title { erased text } }
          fromProject { id name { erased text } }
        }
        cycles {
          id
          number
          follows { id }
          aim { erased text }
          change { erased text }
          stage
          plannedAt
          predictedAt
          startedAt
          starts
          ends
          owner { ...Person }
          decision { decision }
        }
        openBottleneckCount
        timeline(first: 15) {
          nodes { ...TimelineEntry }
          pageInfo { hasNextPage endCursor }
        }
        position
        actions
      }
    }
  `,
  [PersonFields, TimelineEntryFields],
);

export type ProjectShown = NonNullable<ResultOf<typeof ProjectPageQuery>['project']>;
export type BottleneckShown = ProjectShown['bottlenecks'][number];
export type CycleShown = ProjectShown['cycles'][number];

export const ProjectTimelineQuery = graphql(
  `
    query ProjectTimeline($id: ID!, $asOf: AsOf, $after: String, $newestFirst: Boolean!) {
      project(id: $id, asOf: $asOf) {
        id
        timeline(first: 30, after: $after, newestFirst: $newestFirst) {
          nodes { ...TimelineEntry }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  `,
  [TimelineEntryFields],
);

/** Everything that happened, for going back to it. */
export const ProjectMomentsQuery = graphql(`
  query ProjectMoments($id: ID!, $after: String) {
    project(id: $id) {
      id
      timeline(first: 100, after: $after, newestFirst: false) {
        nodes { position at sentence }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

export type MomentShown = NonNullable<ResultOf<typeof ProjectMomentsQuery>['project']>['timeline']['nodes'][number];

export const ProjectChangedSubscription = graphql(`
  subscription ProjectPageChanged($id: ID!, $after: Position) {
    projectChanged(projectId: $id, after: $after) { position }
  }
`);

export const OwnExperiencesQuery = graphql(`
  query OwnExperiences($projectId: ID!) {
    experiences(first: 30, filter: { projectId: $projectId }) { nodes { id title { erased text } } }
  }
`);
