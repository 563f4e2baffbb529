// Prints one generated document a line: `node generate.mjs FIRST_SEED COUNT [OPTIONS]`; see generated.mjs.
import { generate } from './generated.mjs'

const [first, count, options = '{}'] = process.argv.slice(2)
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  console.log(JSON.stringify(generate(seed, JSON.parse(options))))
}
