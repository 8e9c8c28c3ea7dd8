/** Composing: keys that are an input method's, which makes characters of several of them. */

const TAKEN = 229;

/** Whether a key is the input method's. Safari ends a composition before the Enter that does; its code alone says so. */
export function composing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === TAKEN;
}
