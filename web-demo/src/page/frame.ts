import { dialectIn, inDialect } from '../dialect'
import { sayIn } from '../words/language'
import { dialectChoice } from '../view/dialectChoice'
import { element } from '../view/element'
import { pageSettings } from '../view/pageSettings'
import logo from '../favicon.svg'

/** What every page has around its content; `main` is where the skip link leads. */
export function frame(main: HTMLElement, ...more: Node[]): void {
  main.id = 'main'
  main.tabIndex = -1
  const skip = sayIn(element('a', { class: 'skip', href: '#main' }), 'skip')
  const home = inDialect('/', dialectIn(location.search))
  const brand = element('a', { class: 'brand', href: home }, element('img', { src: logo, alt: '', width: '28', height: '28' }))
  brand.append(sayIn(element('span'), 'appName'))
  const header = element('header', { class: 'top' }, brand, pageSettings(), dialectChoice())
  const licences = sayIn(element('a', { href: '/assets/licenses.txt' }), 'licences')
  const footer = element('footer', { class: 'foot' }, sayIn(element('span'), 'tagline'), licences)
  document.body.replaceChildren(skip, header, main, footer, ...more)
}
