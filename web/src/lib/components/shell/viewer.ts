// Whoever is signed in, as the shell and the forms need them.
import { getContext, setContext } from 'svelte';
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const ViewerQuery = graphql(`
  query Viewer {
    viewer {
      member {
        id
        name { erased text }
        profession
        organisation { id name }
      }
      hasAccess
      roles
      actions
    }
    platform {
      asOf { at }
    }
  }
`);

export type Viewer = NonNullable<ResultOf<typeof ViewerQuery>['viewer']>;

const KEY = Symbol('viewer');

export const setViewer = (viewer: () => Viewer | null) => setContext(KEY, viewer);

/** A function, so that it stays up to date: `const viewer = useViewer(); viewer()?.roles`. */
export const useViewer = () => getContext<() => Viewer | null>(KEY);

/** Whose drafts these are. */
export const draftOwner = (viewer: Viewer | null) => viewer?.member.id ?? 'nobody';
