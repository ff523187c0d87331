package web

import (
	"embed"
	"io/fs"
)

//go:embed index.html icon.svg *.js client css i18n state views
var files embed.FS

// Files returns the page: index.html at the root, and what it refers to.
func Files() fs.FS { return files }
