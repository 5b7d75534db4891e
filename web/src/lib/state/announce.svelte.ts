// One polite live region for the whole client: what it says is read out, and nothing moves.

class Announcer {
  text = $state('');

  say(text: string): void {
    // Saying the same twice must be heard twice.
    this.text = this.text === text ? `${text}\u00a0` : text;
  }
}

export const announcer = new Announcer();
