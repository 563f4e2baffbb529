// lib0's primitive encodings at their edges.
import { hex } from '../interop/content.mjs'
import { encoding } from '../interop/packages.mjs'

const UINTS = [
  0, 1, 63, 64, 127, 128, 255, 256, 16383, 16384, 2097151, 2097152, 2 ** 28 - 1, 2 ** 28, 2 ** 31 - 1, 2 ** 31,
  2 ** 32 - 1, 2 ** 32, 2 ** 35 - 1, 2 ** 35, 2 ** 49, 2 ** 53 - 1
]
const INTS = [0, 1, 63, 64, 8191, 8192, 2 ** 20, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1].flatMap((n) =>
  n === 0 ? [0] : [n, -n])
const STRINGS = [
  '', 'a', 'é', '漢字', '😀', '👩‍👩‍👧', 'e\u0301', '\u0000', '\ufeff', '\uffff', '\u{10ffff}', 'x'.repeat(127),
  'x'.repeat(128), 'é'.repeat(64)
]
const ARRAYS = [[], [0], [255], Array(127).fill(7), Array(128).fill(7)].map((of) => Uint8Array.from(of))
const ANYS = [
  undefined, null, true, false, 0, -1, 63, 64, -(2 ** 31) + 1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 0.5,
  -0.5, 0.1, 1e300, 5e-324, 1.7976931348623157e308, NaN, Infinity, -Infinity, 0n, -1n, 2n ** 63n - 1n, -(2n ** 63n),
  '', 'text', '😀', {}, { key: 'value' }, { '': 0, 'é': [null], nested: { deep: { deeper: {} } } }, [],
  [1, 'two', [3, [4]], { five: 5 }], [undefined, new Uint8Array([1, 2])], new Uint8Array(), new Uint8Array([0, 255])
]

const plain = (value) => {
  if (value === undefined) return { $: 'undefined' }
  if (typeof value === 'bigint') return { $: 'bigint', of: String(value) }
  if (value instanceof Uint8Array) return { $: 'bytes', of: hex(value) }
  if (typeof value === 'number' && !Number.isFinite(value)) return { $: String(value) }
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}

const cases = (write, values, shown = (value) => value) =>
  values.map((value) => ({ value: shown(value), hex: hex(encoding.encode((encoder) => write(encoder, value))) }))

export const lib0Values = () => ({
  varUint: cases(encoding.writeVarUint, UINTS),
  varInt: cases(encoding.writeVarInt, INTS),
  varString: cases(encoding.writeVarString, STRINGS),
  varUint8Array: cases(encoding.writeVarUint8Array, ARRAYS, hex),
  any: cases(encoding.writeAny, ANYS, plain)
})
