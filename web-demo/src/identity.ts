import { pick } from './chance'
import { COLOUR_NAMES, PALETTE, type ColourName } from './palette'
import { recall, remember } from './preferences'
import { Signal } from './signal'

/** How this user appears to others. */
export interface Identity {
  name: string
  colour: ColourName
}

export const PERSON_NAME_LENGTH_MAX = 40
const PREFERENCE = 'identity'
// First names that French and English share, for somebody who has not said theirs.
const NAMES =
  'Alex Alix Ambre Andrea Camille Charlie Claude Dana Dominique Elie Florence Gwen Jasmine Joy Laurence Leslie ' +
  'Lou Martine Maxime Morgan Noa Olive Robin Sacha Stella Valentine Yael Zoe'

function firstIdentity(): Identity {
  try {
    const kept = JSON.parse(recall(PREFERENCE) ?? 'null') as Partial<Identity> | null
    if (kept && typeof kept.name === 'string' && COLOUR_NAMES.includes(kept.colour as ColourName)) {
      return { name: kept.name.slice(0, PERSON_NAME_LENGTH_MAX), colour: kept.colour as ColourName }
    }
  } catch {
    // Whatever is stored there is not ours.
  }
  return keep({ name: pick(NAMES.split(' ')), colour: pick(COLOUR_NAMES) })
}

function keep(identity: Identity): Identity {
  remember(PREFERENCE, JSON.stringify(identity))
  return identity
}

export const identity = new Signal<Identity>(firstIdentity())

export function chooseIdentity(choice: Identity): void {
  identity.value = keep(choice)
}

/** The hexadecimal colour. */
export const colourOf = (who: Identity): string => PALETTE[who.colour]
