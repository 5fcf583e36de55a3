// Fails when src/api/schema.d.ts is not what docs/openapi.json says.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'tanhui-api-'))
try {
  const fresh = join(folder, 'schema.d.ts')
  execFileSync('node_modules/.bin/openapi-typescript', ['../docs/openapi.json', '-o', fresh], {
    stdio: 'ignore',
  })
  if (readFileSync(fresh, 'utf8') !== readFileSync('src/api/schema.d.ts', 'utf8')) {
    console.error('src/api/schema.d.ts is stale; run `make openapi`, or `npm run gen:api` here.')
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}
