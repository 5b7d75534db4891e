// Types that SvelteKit looks for.
import type { FailureCode } from '$lib/graphql/failure';

declare global {
  namespace App {
    interface Error {
      message: string;
      code?: FailureCode;
    }
    interface PageState {
      /** The question was begun on Start, a moment ago. */
      typedOnStart?: boolean;
    }
  }
}

export {};
