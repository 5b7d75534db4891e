// Requests for access, beside the register.
import { PersonFields } from '$components/Person';
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const RequestsQuery = graphql(
  `
    query Requests {
      takesAccessRequests
      accessRequests {
        memberId
        name { erased text }
        email { erased text }
        organisation { erased text }
        basisKind
        basis { erased text }
        interventions { id name }
        motivation { erased html }
        requestedAt
        alike { id name }
        matches {
          sameName
          coversInterventions
          holdsNow
          namesOrganisation
          basis { id kind name from lastDay organisations { id name } interventions { id name } }
        }
        sameAddress { ...Person }
        decision { granted at by { id name { erased text } } reason { erased text } }
      }
      accessBases { id kind name from lastDay organisations { id name } }
      organisations { id name kind region { id name } }
    }
  `,
  [PersonFields],
);

type Requests = ResultOf<typeof RequestsQuery>;
export type AccessRequest = NonNullable<Requests['accessRequests']>[number];
export type AccessMatch = AccessRequest['matches'][number];
/** What access can rest on, and where people work. */
export type Register = Pick<Requests, 'accessBases' | 'organisations'>;
