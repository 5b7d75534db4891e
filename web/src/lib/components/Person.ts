// What it takes to show who somebody is.
import { graphql } from '$lib/graphql/graphql';

export const PersonFields = graphql(`
  fragment Person on Member {
    id
    name { erased text }
    profession
    organisation { id name }
  }
`);
