import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** What the compiler makes of pieces of code, each of which stands in a file of this package. */
export function compiled(codes: readonly string[]): {
  readonly program: ts.Program
  readonly sources: readonly ts.SourceFile[]
} {
  const directory = fileURLToPath(new URL('.', import.meta.url))
  const files = new Map(codes.map((code, place) => [`${directory}piece-${place}.ts`, code]))
  const options = compilerOptions()
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.readFile = (name) => files.get(name) ?? readFile(name)
  host.getSourceFile = (name, version, ...rest) => {
    const text = files.get(name)
    return text === undefined
      ? getSourceFile(name, version, ...rest)
      : ts.createSourceFile(name, text, version)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  const sources = [...files.keys()].map((name) => program.getSourceFile(name) as ts.SourceFile)
  return { program, sources }
}

function compilerOptions(): ts.CompilerOptions {
  const file = fileURLToPath(new URL('../../../tsconfig.base.json', import.meta.url))
  const { config } = ts.readConfigFile(file, ts.sys.readFile)
  return ts.convertCompilerOptionsFromJson(config.compilerOptions, file).options
}
