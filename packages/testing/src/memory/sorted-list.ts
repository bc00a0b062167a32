/** Rows kept in order, as an index of the database keeps them: found and inserted by halving. */
export class SortedList<Row> {
  #rows: Row[] = []
  readonly #compare: (a: Row, b: Row) => number

  /** @param compare - 0 for no two rows that are in the list at the same time */
  constructor(compare: (a: Row, b: Row) => number) {
    this.#compare = compare
  }

  add(row: Row): void {
    this.#rows.splice(this.#placeOf(row), 0, row)
  }

  remove(row: Row): void {
    this.#rows.splice(this.#placeOf(row), 1)
  }

  first(count: number): readonly Row[] {
    return this.#rows.slice(0, count)
  }

  get all(): readonly Row[] {
    return this.#rows
  }

  /** As many of the first as hold the condition. */
  firstWhile(holds: (row: Row) => boolean): readonly Row[] {
    const end = this.#rows.findIndex((row) => !holds(row))
    return this.#rows.slice(0, end === -1 ? undefined : end)
  }

  copy(): SortedList<Row> {
    const copy = new SortedList(this.#compare)
    copy.#rows = [...this.#rows]
    return copy
  }

  clear(): void {
    this.#rows.length = 0
  }

  get size(): number {
    return this.#rows.length
  }

  #placeOf(row: Row): number {
    let low = 0
    let high = this.#rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#compare(this.#rows[middle] as Row, row) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
