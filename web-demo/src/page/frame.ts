import { sayIn } from '../words/language'
import { element } from '../view/element'
import { pageSettings } from '../view/pageSettings'
import logo from '../favicon.svg'

/** What every page has around its content; `main` is where the skip link leads. */
export function frame(main: HTMLElement, ...more: Node[]): void {
  main.id = 'main'
  main.tabIndex = -1
  const skip = sayIn(element('a', { class: 'skip', href: '#main' }), 'skip')
  const brand = element('a', { class: 'brand', href: '/' }, element('img', { src: logo, alt: '', width: '28', height: '28' }))
  brand.append(sayIn(element('span'), 'appName'))
  const header = element('header', { class: 'top' }, brand, pageSettings())
  const licences = sayIn(element('a', { href: '/assets/licenses.txt' }), 'licences')
  const footer = element('footer', { class: 'foot' }, sayIn(element('span'), 'tagline'), licences)
  document.body.replaceChildren(skip, header, main, footer, ...more)
}
