import { Annotation, type Extension, type Range } from '@codemirror/state'
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate, WidgetType } from '@codemirror/view'
import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { selectionColour } from '../palette'
import type { Peer, Peers } from '../sync/peers'
import { caretElement } from './caret'

const peersChanged = Annotation.define<true>()

class CaretWidget extends WidgetType {
  readonly peer: Peer

  constructor(peer: Peer) {
    super()
    this.peer = peer
  }

  override eq(other: CaretWidget): boolean {
    const { client, name, color, cursor } = this.peer
    const { peer } = other
    return peer.client === client && peer.name === name && peer.color === color && peer.cursor === cursor
  }

  override toDOM(): HTMLElement {
    return caretElement(this.peer)
  }

  override ignoreEvent(): boolean {
    return true
  }
}

/**
 * Publishes this user's selection in `text`, and draws other people's.
 *
 * Takes the place of y-codemirror.next's own, which keeps an old name on a caret until its colour changes.
 */
export function remoteCarets(text: Y.Text, awareness: Awareness, peers: Peers): Extension {
  return ViewPlugin.define((view) => new RemoteCarets(view, text, awareness, peers), {
    decorations: (carets) => carets.decorations,
  })
}

class RemoteCarets {
  decorations: DecorationSet = Decoration.none
  readonly #text: Y.Text
  readonly #awareness: Awareness
  readonly #peers: Peers
  readonly #unfollow: () => void
  #published: unknown = null

  constructor(view: EditorView, text: Y.Text, awareness: Awareness, peers: Peers) {
    this.#text = text
    this.#awareness = awareness
    this.#peers = peers
    this.decorations = this.#draw(view.state.doc.length)
    let others = ''
    let first = true
    this.#unfollow = peers.all.follow((all) => {
      const now = JSON.stringify(all.filter((peer) => !peer.isSelf))
      // Own moves are published while the view updates, where it may not be asked to update again.
      if (!first && now !== others) view.dispatch({ annotations: peersChanged.of(true) })
      others = now
      first = false
    })
  }

  update(update: ViewUpdate): void {
    const peersMoved = update.transactions.some((transaction) => transaction.annotation(peersChanged))
    if (update.docChanged || update.selectionSet || update.focusChanged) this.#publish(update.view)
    if (update.docChanged || peersMoved) this.decorations = this.#draw(update.state.doc.length)
  }

  destroy(): void {
    this.#unfollow()
  }

  #publish(view: EditorView): void {
    if (view.hasFocus) {
      const { anchor, head } = view.state.selection.main
      this.#published = {
        anchor: Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.#text, anchor)),
        head: Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.#text, head)),
      }
      this.#awareness.setLocalStateField('cursor', this.#published)
    } else if (this.#awareness.getLocalState()?.['cursor'] === this.#published) {
      this.#published = null
      this.#awareness.setLocalStateField('cursor', null)
    }
  }

  #draw(length: number): DecorationSet {
    const ranges: Range<Decoration>[] = []
    for (const peer of this.#peers.all.value) {
      if (peer.isSelf || peer.cursor === null) continue
      const anchor = this.#index(peer.cursor.anchor, length)
      const head = this.#index(peer.cursor.head, length)
      if (anchor === null || head === null) continue
      if (anchor !== head) {
        const attributes = { style: `background-color: ${selectionColour(peer.color)}` }
        ranges.push(Decoration.mark({ attributes }).range(Math.min(anchor, head), Math.max(anchor, head)))
      }
      ranges.push(Decoration.widget({ widget: new CaretWidget(peer), side: head > anchor ? -1 : 1 }).range(head))
    }
    return Decoration.set(ranges, true)
  }

  #index(position: unknown, length: number): number | null {
    const doc = this.#text.doc
    if (doc === null) return null
    const found = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(position), doc)
    return found?.type === this.#text ? Math.min(found.index, length) : null
  }
}
