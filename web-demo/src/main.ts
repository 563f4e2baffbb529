import { nameInPath } from './documentName'
import { documentPage } from './page/documentPage'
import { startPage } from './page/startPage'
import { theme } from './theme'
import { language } from './words/language'
import './styles/base.css'
import './styles/controls.css'
import './styles/page.css'
import './styles/editors.css'

language.follow((now) => (document.documentElement.lang = now))
theme.follow((now) => (document.documentElement.dataset['theme'] = now))

const name = nameInPath(location.pathname)
if (typeof name === 'string') void documentPage(name)
else startPage(name === null)
