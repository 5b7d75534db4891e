// Registering a project.
import { graphql } from '$lib/graphql/graphql';

export const RegisterFormQuery = graphql(`
  query RegisterForm {
    interventions { id name }
    organisations { id name kind region { id name } }
    regions { id name }
    viewer { member { organisation { id region { id } } } }
  }
`);

export const RegisterProject = graphql(`
  mutation RegisterProject($input: RegisterProjectInput!) {
    result: registerProject(input: $input) {
      __typename
      ... on ProjectChanged { project { id } position }
      ... on Refusal { code message field }
    }
  }
`);
