import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const index = fileURLToPath(new URL('../src/index.ts', import.meta.url))

test('the public exports are those we reviewed', async () => {
  await expect(exportsOf(index)).toMatchFileSnapshot('exports.golden.txt')
})

/** One line for each export of a module: what it is, and its name. */
function exportsOf(file: string): string {
  const program = ts.createProgram([file], {
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.NodeNext,
    noEmit: true,
  })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  if (module === undefined) throw new Error(`${file} is no module`)
  const symbols = checker.getExportsOfModule(module).map((symbol) => {
    const original = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return `${kindOf(original)} ${symbol.name}\n`
  })
  return symbols.sort((a, b) => (a < b ? -1 : 1)).join('')
}

function kindOf({ flags }: ts.Symbol): string {
  if (flags & ts.SymbolFlags.Class) return 'class'
  if (flags & ts.SymbolFlags.Function) return 'function'
  if (flags & ts.SymbolFlags.Variable) return 'const'
  if (flags & ts.SymbolFlags.Interface) return 'interface'
  if (flags & ts.SymbolFlags.TypeAlias) return 'type'
  return `something of flags ${flags}`
}
