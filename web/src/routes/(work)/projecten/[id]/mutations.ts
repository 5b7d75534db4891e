// What one can do in a project. Each gives what changed, or the rules' refusal.
import { graphql } from '$lib/graphql/graphql';

export const AdvancePhase = graphql(`
  mutation AdvancePhase($input: AdvancePhaseInput!) {
    result: advancePhase(input: $input) {
      __typename
      ... on ProjectChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const ReturnPhase = graphql(`
  mutation ReturnPhase($input: ReturnPhaseInput!) {
    result: returnPhase(input: $input) {
      __typename
      ... on ProjectChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const RaiseBottleneck = graphql(`
  mutation RaiseBottleneck($input: RaiseBottleneckInput!) {
    result: raiseBottleneck(input: $input) {
      __typename
      ... on ProjectChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const ResolveBottleneck = graphql(`
  mutation ResolveBottleneck($input: ResolveBottleneckInput!) {
    result: resolveBottleneck(input: $input) {
      __typename
      ... on ProjectChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const PostUpdate = graphql(`
  mutation PostUpdate($input: PostUpdateInput!) {
    result: postUpdate(input: $input) {
      __typename
      ... on ProjectChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const JoinProject = graphql(`
  mutation JoinProject($input: JoinProjectInput!) {
    result: joinProject(input: $input) {
      __typename
      ... on ProjectChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const LeaveProject = graphql(`
  mutation LeaveProject($input: LeaveProjectInput!) {
    result: leaveProject(input: $input) {
      __typename
      ... on ProjectChanged { position }
      ... on Refusal { code message field }
    }
  }
`);
