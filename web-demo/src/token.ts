import { tabRecalls, tabRemembers } from './preferences'

const PREFERENCE = 'token'
const PARAMETER = 'token'

/**
 * What the server's authenticator is shown, where there is one; else empty. It arrives as `#token=…`, which the
 * browser sends to nobody, and is taken out of the address, so that no link that is shared carries it.
 */
export function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get(PARAMETER)
  if (given !== null) {
    tabRemembers(PREFERENCE, given)
    history.replaceState(history.state, '', location.pathname + location.search)
  }
  return given ?? tabRecalls(PREFERENCE) ?? ''
}
