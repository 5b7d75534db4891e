// What someone is typing, kept in the browser until it has arrived. A draft belongs to one person, and
// carries the key that makes sending it twice the same as sending it once.

interface Kept<Value> {
  value: Value;
  key: string;
}

const PREFIX = 'leerwerk.draft.';

export class Draft<Value extends object> {
  value = $state() as Value;
  key = $state('');
  /** True when something typed earlier was found. */
  readonly restored: boolean;
  readonly #name: string;
  readonly #initial: () => Value;
  /** Not state on purpose: an effect that ends still sees state as it was before `clear`. */
  #arrived = false;

  /** Call while a component initialises; `name` is unique per form, `owner` per person. */
  constructor(owner: string, name: string, initial: () => Value) {
    this.#name = `${PREFIX}${owner}.${name}`;
    this.#initial = initial;
    const kept = this.#read();
    this.restored = kept !== null;
    this.value = { ...initial(), ...kept?.value };
    this.key = kept?.key ?? crypto.randomUUID();
    $effect(() => {
      this.#arrived = false;
      const snapshot = JSON.stringify({ value: this.value, key: this.key });
      const timer = setTimeout(() => this.#write(snapshot), 250);
      const now = () => this.#write(snapshot);
      addEventListener('pagehide', now);
      return () => {
        clearTimeout(timer);
        removeEventListener('pagehide', now);
        if (!this.#arrived) this.#write(snapshot);
      };
    });
  }

  /** Keep it now, e.g. before going on to another page with the same draft. */
  flush(): void {
    this.#write(JSON.stringify({ value: this.value, key: this.key }));
  }

  /** It has arrived: start afresh, with a new key. */
  clear(): void {
    this.#arrived = true;
    this.value = this.#initial();
    this.key = crypto.randomUUID();
    this.#remove();
  }

  /** The next sending is another one. */
  renewKey(): void {
    this.key = crypto.randomUUID();
  }

  get #untouched(): boolean {
    return JSON.stringify(this.value) === JSON.stringify(this.#initial());
  }

  #read(): Kept<Partial<Value>> | null {
    try {
      const text = localStorage.getItem(this.#name);
      return text ? (JSON.parse(text) as Kept<Partial<Value>>) : null;
    } catch {
      return null;
    }
  }

  #write(snapshot: string): void {
    if (wiped || this.#untouched) return this.#remove();
    try {
      localStorage.setItem(this.#name, snapshot);
    } catch {
      // Storage full or forbidden: the page itself still holds the text.
    }
  }

  #remove(): void {
    try {
      localStorage.removeItem(this.#name);
    } catch {
      // Nothing kept, nothing to remove.
    }
  }
}

/** Set when someone asked to wipe: pages still open must not write their text back. */
let wiped = false;

const draftNames = (owner: string) =>
  Object.keys(localStorage).filter((name) => name.startsWith(`${PREFIX}${owner}.`));

export function hasDrafts(owner: string): boolean {
  try {
    return draftNames(owner).length > 0;
  } catch {
    return false;
  }
}

/** On signing out: what was typed on a shared computer is not for whoever comes next. */
export function wipeDrafts(owner: string): void {
  wiped = true;
  draftNames(owner).forEach((name) => localStorage.removeItem(name));
}
