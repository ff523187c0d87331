// Package web holds natter's page: plain ES modules, style sheets and one HTML
// file, embedded as they are read in the source. There is no build step.
//
// Start reading at index.html and app.js, which first.js runs before: it asks
// for the language. What every visit needs is preloaded; the dialogs, other
// languages and emoji come by import() when they are asked for, through
// views/later.js (docs/decisions/what-a-visit-loads.md).
//
// client/ speaks the protocol and touches no DOM; state/ and state.js hold what
// the page knows, as values and pure functions; views/ shows it, one view a
// file; i18n/ holds every sentence that a person sees, in English and in Korean.
// types.d.ts names the shapes that many files use, for the checker (npm run
// check) alone.
//
// The page needs a server that serves Files at / and the protocol of
// docs/protocol.md under /api. It works under the content security policy
// "default-src 'self'".
//
// Tests: test/page holds those of the client and the state, which node runs
// (page_test.go starts it); test/browser_test.go drives Chromium.
package web
