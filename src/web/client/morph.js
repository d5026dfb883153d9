/**
 * Makes one element equal to another by changing only what differs, so that focus, selection and scroll positions
 * survive. Children with an id are the same child wherever they stand.
 */

/**
 * @param {Element} current element of the page, changed in place
 * @param {Element} wanted  what it shall be; its nodes may be moved into the page
 */
export function morph(current, wanted) {
  if (current.isEqualNode(wanted)) return
  for (const { name } of [...current.attributes]) {
    if (!wanted.hasAttribute(name)) current.removeAttribute(name)
  }
  for (const { name, value } of [...wanted.attributes]) {
    if (current.getAttribute(name) !== value) current.setAttribute(name, value)
  }
  morphChildren(current, wanted)
}

/**
 * @param {Element} current
 * @param {Element} wanted
 */
function morphChildren(current, wanted) {
  const byId = new Map([...current.children].filter(({ id }) => id !== '').map((child) => [child.id, child]))
  let place = current.firstChild
  for (const next of [...wanted.childNodes]) {
    const match = findMatch(place, next, byId)
    if (match === null) {
      current.insertBefore(next, place)
      continue
    }
    if (match === place) place = match.nextSibling
    else current.insertBefore(match, place)
    if (match instanceof Element && next instanceof Element) morph(match, next)
    else if (match.nodeValue !== next.nodeValue) match.nodeValue = next.nodeValue
  }
  while (place !== null) {
    const surplus = place
    place = surplus.nextSibling
    surplus.remove()
  }
}

/**
 * The present node that plays the part of `next`: the one with its id, else the one in its place if it is of the same
 * sort and has no id of its own. Null when there is none.
 * @param {ChildNode | null} place
 * @param {ChildNode} next
 * @param {Map<string, Element>} byId
 */
function findMatch(place, next, byId) {
  const id = next instanceof Element ? next.id : ''
  if (id !== '') {
    const known = byId.get(id)
    return known !== undefined && known.nodeName === next.nodeName ? known : null
  }
  if (place === null || place.nodeName !== next.nodeName) return null
  return place instanceof Element && place.id !== '' ? null : place
}
