import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { codeEditor } from '../editor/codeEditor'
import { codeToolbar } from '../editor/codeTools'
import { proseEditor } from '../editor/proseEditor'
import { proseToolbar } from '../editor/proseTools'
import { dialectIn } from '../dialect'
import { tabRecalls, tabRemembers } from '../preferences'
import { rememberDocument } from '../recentDocuments'
import { Connection } from '../sync/connection'
import { openDeviceCopy } from '../sync/deviceCopy'
import { transportOf } from '../sync/openTransport'
import { Peers } from '../sync/peers'
import { takeToken } from '../token'
import { Announcer, announceChanges } from '../view/announcer'
import { element } from '../view/element'
import { panes } from '../view/panes'
import { people } from '../view/people'
import { ProfileDialog } from '../view/profileDialog'
import { refusalBanner } from '../view/refusalBanner'
import { shareButton } from '../view/shareButton'
import { offlineSwitch, statusBar } from '../view/statusBar'
import { language, say } from '../words/language'
import { frame } from './frame'

const STAY_OFFLINE = 'stay-offline'

/** The document called `name`, ready to be edited by everybody who has its address. */
export async function documentPage(name: string): Promise<void> {
  rememberDocument(name)
  const doc = new Y.Doc()
  const awareness = new Awareness(doc)
  const peers = new Peers(awareness)
  const openTransport = await transportOf(dialectIn(location.search))
  const connection = new Connection(openTransport, name, doc, awareness, takeToken())
  // What this browser kept comes first: the server then only sends what is missing.
  let keptAll = false
  const kept = await openDeviceCopy(name, doc, (all) => {
    keptAll = all
    document.documentElement.dataset['kept'] = String(all)
  })
  if (doc.store.clients.size > 0) connection.loadedFromDevice()

  const prosePlace = element('div', { class: 'prose' })
  const prose = proseEditor(prosePlace, doc, awareness, peers)
  const code = codeEditor(doc, awareness, peers)
  const announcer = new Announcer()
  const profile = new ProfileDialog()
  const offline = offlineSwitch(connection, (stay) => {
    tabRemembers(STAY_OFFLINE, stay ? 'yes' : null)
    if (stay) connection.disconnect()
    else connection.connect()
  })
  const title = element('h1', { title: name }, name)
  const head = element(
    'div',
    { class: 'document-head' },
    element('div', { class: 'document-title' }, title, statusBar(connection, () => kept)),
    people(peers, () => profile.open()),
    element('div', { class: 'document-actions' }, offline, shareButton(() => location.href, announcer)),
  )
  const proseTools = proseToolbar(prose)
  const codeTools = codeToolbar(code)
  const editors = panes([
    { name: 'prose', tools: proseTools.element, content: prosePlace },
    { name: 'code', tools: codeTools.element, content: code.element },
  ])
  const main = element('main', { class: 'document' }, head, refusalBanner(connection, () => kept), ...editors)
  frame(main, announcer.element, profile.element)

  language.follow(() => (document.title = `${name} – ${say('appName')}`))
  announceChanges(announcer, connection, peers)
  const allow = (): void => {
    const editable = connection.state.value.is !== 'refused' && connection.access.value === 'write'
    prose.setEditable(editable, false)
    for (const part of [code, proseTools, codeTools]) part.setEditable(editable)
  }
  connection.access.follow(allow)
  connection.state.follow(allow)
  window.addEventListener('beforeunload', (event) => {
    if (!keptAll && connection.saved.value !== 'saved') event.preventDefault()
  })
  if (tabRecalls(STAY_OFFLINE) !== null) connection.disconnect()
  else connection.connect()
}
