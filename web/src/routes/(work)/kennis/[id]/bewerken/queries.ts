// Editing a knowledge page: its draft, and finding sources.
import { SourceFields } from '$components/knowledge/Source';
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const KnowledgeDraftQuery = graphql(
  `
    query KnowledgeDraft($id: ID!) {
      knowledgePage(id: $id) {
        id
        version
        title { erased text }
        intervention { id name }
        theme { id name }
        publishedVersion
        sections(draft: true) {
          id
          heading { erased text }
          text { erased text html }
          sources { ...Source }
        }
        unpublishedChanges
        actions
      }
    }
  `,
  [SourceFields],
);

export type PageEdited = NonNullable<ResultOf<typeof KnowledgeDraftQuery>['knowledgePage']>;
export type SectionEdited = PageEdited['sections'][number];

export const FindSourcesQuery = graphql(`
  query FindSources($text: String!) {
    similar(text: $text, first: 6) {
      contribution {
        __typename
        ... on Question { id title { erased text } answers { id accepted body { erased text } } }
        ... on Experience { id title { erased text } }
      }
    }
  }
`);

export const QuestionByAddressQuery = graphql(`
  query QuestionByAddress($id: ID!) {
    question(id: $id) { id title { erased text } answers { id body { erased text } } }
  }
`);

export const ExperienceByAddressQuery = graphql(`
  query ExperienceByAddress($id: ID!) {
    experience(id: $id) { id title { erased text } }
  }
`);

export const WriteSection = graphql(`
  mutation WriteSection($input: WriteSectionInput!) {
    result: writeSection(input: $input) {
      __typename
      ... on KnowledgePageChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const CiteSource = graphql(`
  mutation CiteSource($input: CiteSourceInput!) {
    result: citeSource(input: $input) {
      __typename
      ... on KnowledgePageChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const DropSource = graphql(`
  mutation DropSource($input: DropSourceInput!) {
    result: dropSource(input: $input) {
      __typename
      ... on KnowledgePageChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const PublishPage = graphql(`
  mutation PublishPage($input: PublishPageInput!) {
    result: publishPage(input: $input) {
      __typename
      ... on KnowledgePageChanged { position }
      ... on Refusal { code message field }
    }
  }
`);
