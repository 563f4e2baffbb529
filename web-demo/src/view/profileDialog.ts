import { PERSON_NAME_LENGTH_MAX, chooseIdentity, identity } from '../identity'
import { COLOUR_NAMES, type ColourName, PALETTE } from '../palette'
import { sayIn } from '../words/language'
import { element } from './element'

/** Asks for the name and colour that others see. The browser keeps the focus inside and Escape closes it. */
export class ProfileDialog {
  readonly element = element('dialog', { class: 'dialog', 'aria-labelledby': 'profile-title' })
  readonly #name = element('input', {
    type: 'text',
    id: 'profile-name',
    required: '',
    maxlength: String(PERSON_NAME_LENGTH_MAX),
    autocomplete: 'name',
  })
  readonly #colours = COLOUR_NAMES.map((name) => colourChoice(name))

  constructor() {
    const cancel = sayIn(element('button', { type: 'button', class: 'button' }), 'cancel')
    cancel.addEventListener('click', () => this.element.close())
    const form = element(
      'form',
      { method: 'dialog' },
      sayIn(element('h2', { id: 'profile-title' }), 'profile'),
      sayIn(element('label', { for: 'profile-name' }), 'yourName'),
      this.#name,
      element('fieldset', {}, sayIn(element('legend'), 'yourColour'), ...this.#colours.map(({ label }) => label)),
      element('div', { class: 'actions' }, cancel, sayIn(element('button', { class: 'button main' }), 'apply')),
    )
    form.addEventListener('submit', () => this.#keep())
    this.element.append(form)
  }

  open(): void {
    const { name, colour } = identity.value
    this.#name.value = name
    for (const { input } of this.#colours) input.checked = input.value === colour
    this.element.showModal()
    this.#name.select()
  }

  #keep(): void {
    const name = this.#name.value.trim()
    const colour = this.#colours.find(({ input }) => input.checked)?.input.value as ColourName | undefined
    chooseIdentity({ name: name || identity.value.name, colour: colour ?? identity.value.colour })
  }
}

function colourChoice(name: ColourName): { label: HTMLLabelElement; input: HTMLInputElement } {
  const input = element('input', { type: 'radio', name: 'colour', value: name })
  const swatch = element('span', { class: 'swatch', 'aria-hidden': 'true' })
  swatch.style.setProperty('--peer', PALETTE[name])
  return { label: element('label', { class: 'colour' }, input, swatch, sayIn(element('span'), name)), input }
}
