// What one looks for in a list. It stands in the address, so that a reload or a shared link finds the same.
import { goto } from '$app/navigation';
import { page } from '$app/state';

export class Finding {
  #values = $state<Record<string, string>>({});

  /** `names`: how each is called in the address; begins with what stands there. */
  constructor(names: readonly string[]) {
    this.#values = Object.fromEntries(names.map((name) => [name, page.url.searchParams.get(name) ?? '']));
  }

  get(name: string): string {
    return this.#values[name] ?? '';
  }

  set(name: string, value: string): void {
    this.#values[name] = value;
    const next = new URL(location.href);
    if (value) next.searchParams.set(name, value);
    else next.searchParams.delete(name);
    goto(next, { keepFocus: true, noScroll: true, replaceState: true });
  }

  get any(): boolean {
    return Object.values(this.#values).some((value) => value.trim());
  }
}
