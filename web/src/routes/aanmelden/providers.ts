// The accounts one can sign in with.

export interface Provider {
  key: string;
  name: string;
}

export async function fetchProviders(fetch: typeof globalThis.fetch): Promise<Provider[]> {
  const response = await fetch('/sign-in/providers', { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Error(`providers: ${response.status}`);
  return response.json();
}

/** Where one begins, and comes back to the page one wanted. */
export const beginAt = ({ key }: Provider, then: string) =>
  `/sign-in/${key}${then === '/' ? '' : `?then=${encodeURIComponent(then)}`}`;
