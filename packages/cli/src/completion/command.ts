import type { Given, Leaf, Tree } from '../leaf.ts'
import { Refusal } from '../refusal.ts'
import { candidates } from './candidates.ts'

/** Prints what a shell is told; it asks `complete` then at each Tab, so that it knows what this version knows. */
export const completion: Leaf = {
  name: 'completion <SHELL>',
  summary: 'print what completes this command in bash, zsh or fish',
  examples: [
    'source <(jobqueue completion bash)      # in ~/.bashrc',
    'source <(jobqueue completion zsh)       # in ~/.zshrc, after compinit',
    'jobqueue completion fish | source       # in ~/.config/fish/config.fish',
  ],
  run,
}

async function run({ args: [shell = ''], output }: Given): Promise<void> {
  const script = SCRIPTS[shell]
  if (script === undefined)
    throw new Refusal(
      `There is no completion for ${JSON.stringify(shell)}. There are: ${Object.keys(SCRIPTS).join(', ')}.`,
    )
  await output.data({ shell, script }, [script.trimEnd()])
}

/** What the shells ask; `tree` is looked at when it is called, since it holds this command too. */
export function completeOf(tree: () => Tree): Leaf {
  return {
    name: 'complete [WORDS...]',
    summary: 'list what could follow these words',
    hidden: true,
    examples: ['jobqueue complete -- jobs li'],
    async run({ args, output }: Given) {
      const all = candidates(tree(), args)
      await output.data(
        all,
        all.map(({ word, meaning }) => `${word}\t${meaning}`),
      )
    },
  }
}

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_jobqueue() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("\${line%%$'\\t'*}"); done < <(jobqueue complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _jobqueue jobqueue
`,
  zsh: `_jobqueue() {
  local line
  local -a found
  while IFS= read -r line; do found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}"); done < <(jobqueue complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe jobqueue found; else _files; fi
}
compdef _jobqueue jobqueue
`,
  fish: `function __jobqueue_complete
  set -l words (commandline -opc) (commandline -ct)
  jobqueue complete -- $words[2..-1] 2>/dev/null
end
complete -c jobqueue -a '(__jobqueue_complete)'
`,
}
