import type { Edit } from './mutant.ts'

/** The text with the edit made. @throws Error where the old text does not stand there exactly once */
export function edited(text: string, edit: Edit): string {
  const found = text.split(edit.old).length - 1
  if (found === 1) return text.replace(edit.old, () => edit.new)
  throw new Error(
    `${edit.file} has the text of a mutant ${found} times, not once: the code has moved on, and the mutant must follow.\n${edit.old}`,
  )
}
