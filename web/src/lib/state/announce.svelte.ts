// One polite live region for the whole client: what it says is read out, and nothing moves.
import { untrack } from 'svelte';

class Announcer {
  text = $state('');

  say(text: string): void {
    // Saying the same twice must be heard twice.
    this.text = untrack(() => this.text) === text ? `${text}\u00a0` : text;
  }

  /** What was said on another page is not found on this one. */
  clear(): void {
    this.text = '';
  }
}

export const announcer = new Announcer();
