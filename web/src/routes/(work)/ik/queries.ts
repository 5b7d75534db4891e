// Who one is to others, where one is signed in, and the tokens of one's programs.
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const AccessQuery = graphql(`
  query Access($takesPart: Boolean!) {
    themes @include(if: $takesPart) { id name }
    viewer {
      hasAccess
      roles
      member {
        id
        unbound
        access { lastDay basis { id kind name } }
        name { erased text }
        profession
        expertise { id }
        openToContact
      }
      sessions { id begunAt usedAt endsAt provider agent current }
      accessTokens { id name scopes createdAt expiresAt usedAt }
    }
  }
`);

type Viewer = NonNullable<ResultOf<typeof AccessQuery>['viewer']>;
export type Session = Viewer['sessions'][number];
export type AccessToken = Viewer['accessTokens'][number];
export type Profile = Viewer['member'];
export type Access = NonNullable<Profile['access']>[number];
export type Profession = NonNullable<Profile['profession']>;

export const EndSession = graphql(`
  mutation EndSession($input: EndSessionInput!) {
    result: endSession(input: $input) {
      __typename
      ... on SessionsChanged { sessions { id } }
      ... on Refusal { code message field }
    }
  }
`);

export const EndOtherSessions = graphql(`
  mutation EndOtherSessions($input: EndOtherSessionsInput!) {
    result: endOtherSessions(input: $input) {
      __typename
      ... on SessionsChanged { sessions { id } }
      ... on Refusal { code message field }
    }
  }
`);

export const CreateAccessToken = graphql(`
  mutation CreateAccessToken($input: CreateAccessTokenInput!) {
    result: createAccessToken(input: $input) {
      __typename
      ... on AccessTokenCreated { secret accessToken { id name } }
      ... on Refusal { code message field }
    }
  }
`);

export const RevokeAccessToken = graphql(`
  mutation RevokeAccessToken($input: RevokeAccessTokenInput!) {
    result: revokeAccessToken(input: $input) {
      __typename
      ... on AccessTokensChanged { accessTokens { id } }
      ... on Refusal { code message field }
    }
  }
`);

export const ReviseProfile = graphql(`
  mutation ReviseProfile($input: ReviseProfileInput!) {
    result: reviseProfile(input: $input) {
      __typename
      ... on MemberChanged { member { id } position }
      ... on Refusal { code message field }
    }
  }
`);
