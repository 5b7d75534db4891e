// The one way to the server: POST /graphql with the session cookie.
import { locale } from '$lib/i18n';
import { access } from '$lib/state/access.svelte';
import { standing, type Stale } from '$lib/state/standing.svelte';
import { Failure } from './failure';
import { printed, type TadaDocumentNode } from './graphql';

interface Response<Result> {
  data?: Result | null;
  errors?: readonly { message: string; extensions?: { code?: string } }[];
  extensions?: { stale?: readonly Stale[] };
}

type Fetch = typeof globalThis.fetch;

export async function request<Result, Variables>(
  document: TadaDocumentNode<Result, Variables>,
  variables: Variables,
  options: { fetch?: Fetch; signal?: AbortSignal } = {},
): Promise<Result> {
  const response = await post(JSON.stringify({ query: printed(document), variables }), options);
  const answer = await body<Result>(response);
  standing.hear(answer.extensions?.stale);
  const error = answer.errors?.[0];
  if (error?.extensions?.code === 'ACCESS_ENDED') access.ended = true;
  if (error) throw new Failure(error.extensions?.code ?? 'UNKNOWN', error.message);
  if (!answer.data) throw new Failure(codeOf(response.status));
  return answer.data;
}

async function post(text: string, options: { fetch?: Fetch; signal?: AbortSignal }) {
  try {
    return await (options.fetch ?? fetch)('/graphql', {
      method: 'POST',
      credentials: 'same-origin',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/graphql-response+json, application/json',
        'Accept-Language': locale,
      },
      body: text,
      signal: options.signal,
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new Failure('OFFLINE');
  }
}

async function body<Result>(response: globalThis.Response): Promise<Response<Result>> {
  if (!response.headers.get('content-type')?.includes('json')) throw new Failure(codeOf(response.status));
  try {
    const answer: Response<Result> = await response.json();
    // Problem details and the like: no GraphQL answer at all.
    if (!('data' in answer) && !answer.errors) throw new Failure(codeOf(response.status));
    return answer;
  } catch (cause) {
    throw cause instanceof Failure ? cause : new Failure('UNAVAILABLE');
  }
}

function codeOf(status: number): string {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'FORBIDDEN';
  if (status === 404) return 'NOT_FOUND';
  if (status === 429) return 'TOO_MANY_REQUESTS';
  return status >= 500 ? 'UNAVAILABLE' : 'UNKNOWN';
}
