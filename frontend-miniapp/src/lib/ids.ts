// Owns ids that a client makes: under the same one, a request may be sent again and has its effect once.
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'

export const newId = (prefix: string, random: () => number = Math.random): string =>
  `${prefix}_` + Array.from({ length: 24 }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join('')
