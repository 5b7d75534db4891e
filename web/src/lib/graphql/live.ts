// Hearing what happens while one reads. The socket opens when the first page asks for it.
import type { Client } from 'graphql-ws';
import { locale } from '$lib/i18n';
import { printed, type TadaDocumentNode } from './graphql';

let opening: Promise<Client> | undefined;

function client(): Promise<Client> {
  opening ??= import('graphql-ws').then(({ createClient }) =>
    createClient({
      url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql/ws`,
      connectionParams: { language: locale },
      lazyCloseTimeout: 5_000,
      retryAttempts: Infinity,
      shouldRetry: () => true,
    }),
  );
  return opening;
}

interface Resumable {
  after?: number | null;
}

/**
 * Listen until the returned function is called. After a lost connection it resumes just after the last
 * position heard (`positionOf`), and `caughtUp` is told, so that nothing in between is missed.
 */
export function listen<Result, Variables extends Resumable>(
  document: TadaDocumentNode<Result, Variables>,
  variables: Variables,
  heard: (result: Result) => void,
  options: { positionOf: (result: Result) => number; caughtUp?: () => void },
): () => void {
  let stopped = false;
  let stop = () => {};
  // graphql-ws sends this very object again when it reconnects.
  const resumable = { ...variables };

  client()
    .then((ws) => {
      if (stopped) return;
      const stopWatching = ws.on('connected', (_socket, _payload, wasRetry) => {
        if (wasRetry) options.caughtUp?.();
      });
      const stopHearing = ws.subscribe<Result>(
        { query: printed(document), variables: resumable as Record<string, unknown> },
        {
          next({ data }) {
            if (!data) return;
            const position = options.positionOf(data);
            if (resumable.after != null && position <= resumable.after) return;
            resumable.after = position;
            heard(data);
          },
          error() {
            // Without live news the page still works; it is up to date when opened again.
          },
          complete() {},
        },
      );
      stop = () => {
        stopWatching();
        stopHearing();
      };
    })
    .catch(() => {});

  return () => {
    stopped = true;
    stop();
  };
}
