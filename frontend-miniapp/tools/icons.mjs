// Writes src/lib/icons.ts from lucide-static (ISC licence): only the icons in use, without their outer tag.
import { readFileSync, writeFileSync } from 'node:fs'

const NAMES = [
  'a-large-small',
  'badge-check',
  'bike',
  'book-open',
  'bus',
  'calendar',
  'camera',
  'check',
  'chevron-left',
  'chevron-right',
  'circle-alert',
  'circle-check',
  'circle-x',
  'clock',
  'copy',
  'credit-card',
  'cup-soda',
  'download',
  'file-check',
  'flag',
  'footprints',
  'gift',
  'house',
  'image',
  'info',
  'keyboard',
  'languages',
  'leaf',
  'list',
  'log-out',
  'mail',
  'map-pin',
  'moon',
  'qr-code',
  'receipt-text',
  'recycle',
  'refresh-cw',
  'scan-line',
  'search',
  'shield-check',
  'shirt',
  'shopping-bag',
  'sprout',
  'store',
  'sun',
  'ticket',
  'train-front',
  'trash-2',
  'undo-2',
  'user',
  'utensils',
  'volume-2',
  'wallet',
  'wifi-off',
  'x',
  'zap',
]
const body = (name) =>
  readFileSync(`node_modules/lucide-static/icons/${name}.svg`, 'utf8')
    .replace(/[\s\S]*?<svg[^>]*>/, '')
    .replace('</svg>', '')
    .replace(/\s+/g, ' ')
    .trim()
const lines = NAMES.map((name) => `  '${name}': '${body(name)}',`)
writeFileSync(
  'src/lib/icons.ts',
  `// Written by tools/icons.mjs from lucide-static (ISC licence): only the icons in use.\nexport const icons = {\n${lines.join('\n')}\n} as const\n\nexport type IconName = keyof typeof icons\n`,
)
