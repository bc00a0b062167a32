import ts from 'typescript'
import { root } from '../workspace.ts'

/** An object, and the exported type that it should be of. */
export interface Typed {
  readonly value: object
  readonly type: string
  readonly module: string
}

/**
 * What the compiler has to say of objects that are written down as literals of a type: fields that the type does not have, too, which
 * schemas of Kubernetes let pass and its server drops in silence.
 */
export function typeFaults(all: readonly Typed[]): string[] {
  const name = `${root}test/deployment/literals.ts`
  const text = all
    .map(({ value, type, module }, place) => {
      return `import type { ${type} as T${place} } from '${module}'\nexport const v${place}: T${place} = ${JSON.stringify(value, null, 2)}`
    })
    .join('\n')
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (file) => file === name || fileExists(file)
  host.getSourceFile = (file, version, ...rest) =>
    file === name ? ts.createSourceFile(file, text, version) : getSourceFile(file, version, ...rest)
  return ts
    .getPreEmitDiagnostics(ts.createProgram([name], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}
