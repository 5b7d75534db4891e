// What one does with the keyboard alone.
import { until } from './until.js';

/** Gives an element the focus and presses a key, once the page has moved the focus to where it wants it first. */
export async function press(locator, key = 'Enter') {
  await until('the focus stays', async () => {
    await locator.focus();
    return locator.evaluate(async (element) => {
      for (let frames = 0; frames < 2; frames++) await new Promise((done) => requestAnimationFrame(done));
      return document.activeElement === element;
    });
  });
  await locator.page().keyboard.press(key);
}

/** Types a text into a field, instead of what is there. */
export async function type(locator, text) {
  await locator.focus();
  await locator.page().keyboard.press('ControlOrMeta+a');
  await locator.page().keyboard.type(text);
}

/** The words of what has the focus. */
export const focused = (page) =>
  page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim());
