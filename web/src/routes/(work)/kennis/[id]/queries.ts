// One knowledge page, as readers see it.
import { SourceFields } from '$components/knowledge/Source';
import { PersonFields } from '$components/Person';
import { graphql } from '$lib/graphql/graphql';

export const KnowledgePageQuery = graphql(
  `
    query KnowledgePage($id: ID!) {
      knowledgePage(id: $id) {
        id
        title { erased text }
        intervention { id name }
        theme { id name }
        publishedVersion
        publishedAt
        editor { ...Person }
        sections {
          id
          heading { erased text }
          text { erased html }
          sources { ...Source }
        }
        unpublishedChanges
        actions
      }
    }
  `,
  [PersonFields, SourceFields],
);
