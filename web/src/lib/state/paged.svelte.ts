// A list that grows by "meer laden". When its first page is fetched anew, it starts over.

export interface Connection<Item> {
  nodes: Item[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export class Paged<Item extends { id: string } | { position: number }> {
  readonly #first: () => Connection<Item>;
  readonly #fetchAfter: (cursor: string) => Promise<Connection<Item>>;
  #more = $state.raw<{ of: Connection<Item>; pages: Connection<Item>[] } | null>(null);

  constructor(first: () => Connection<Item>, fetchAfter: (cursor: string) => Promise<Connection<Item>>) {
    this.#first = first;
    this.#fetchAfter = fetchAfter;
  }

  get #pages(): Connection<Item>[] {
    const first = this.#first();
    return this.#more?.of === first ? [first, ...this.#more.pages] : [first];
  }

  /** Without doubles: something may have moved to a later page meanwhile. */
  get items(): Item[] {
    const seen = new Map<string | number, Item>();
    for (const page of this.#pages) {
      for (const item of page.nodes) {
        const key = 'id' in item ? item.id : item.position;
        if (!seen.has(key)) seen.set(key, item);
      }
    }
    return [...seen.values()];
  }

  get hasMore(): boolean {
    return this.#pages.at(-1)?.pageInfo.hasNextPage ?? false;
  }

  loadMore = async (): Promise<void> => {
    const first = this.#first();
    const cursor = this.#pages.at(-1)?.pageInfo.endCursor;
    if (!cursor) return;
    const next = await this.#fetchAfter(cursor);
    if (this.#first() !== first) return;
    this.#more = { of: first, pages: [...this.#pages.slice(1), next] };
  };
}
