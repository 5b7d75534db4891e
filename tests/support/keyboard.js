// What one does with the keyboard alone.

/** Gives an element the focus and presses a key. */
export async function press(locator, key = 'Enter') {
  await locator.focus();
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
