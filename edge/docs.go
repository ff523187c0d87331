package edge

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsHTML string

//go:embed docs.css
var docsCSS []byte

// openAPI returns the document without operations: huma adds them.
func openAPI() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{Title: "natter", Version: "1",
			Description: "Chat that does not lose, double or reorder a message. Every edge serves the same."},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				bearerScheme:  {Type: "http", Scheme: "bearer", Description: "An access token from /api/login, which may do everything, or a personal access token with the scope that is named: read (rooms, messages and notifications), write (post, make, join and leave rooms, mark as read), admin (what the person's role allows)"},
				sessionScheme: {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An access token from /api/login. A personal access token gets forbidden"},
			},
		},
	}
}

// documentRoutes serves the two machine-readable documents and a page that
// renders them. It comes last: the documents describe what was registered. They
// are made when somebody first asks: an edge that starts has better things to do.
func (e *Edge) documentRoutes(a *api, mux *http.ServeMux) {
	open := a.huma.OpenAPI()
	tidy(open)
	made := sync.OnceValues(func() (map[string]file, error) { return documents(open) })
	for _, path := range []string{"/openapi.json", "/asyncapi.json", "/docs", "/docs.css"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			files, err := made()
			if err != nil {
				writeProblem(w, e.problem(r.Context(), err))
				return
			}
			files[path].serve(w, r)
		})
	}
}

// documents returns the documents by their paths.
func documents(api *huma.OpenAPI) (map[string]file, error) {
	open, err := json.Marshal(api)
	if err != nil {
		return nil, err
	}
	async, err := asyncAPI()
	if err != nil {
		return nil, err
	}
	html, err := renderDocs(open, async)
	if err != nil {
		return nil, err
	}
	return map[string]file{
		"/openapi.json":  newFile("openapi.json", open),
		"/asyncapi.json": newFile("asyncapi.json", async),
		"/docs":          newFile("docs.html", html),
		"/docs.css":      newFile("docs.css", docsCSS),
	}, nil
}

// tidy makes the document say what natter promises: requests are closed,
// answers may gain members, and huma's own error model is never sent.
func tidy(open *huma.OpenAPI) {
	schemas := open.Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	closed := map[string]bool{}
	for _, item := range open.Paths {
		for _, o := range []*huma.Operation{item.Post, item.Put} {
			if o != nil && o.RequestBody != nil {
				ref := o.RequestBody.Content["application/json"].Schema.Ref
				closed[ref[strings.LastIndex(ref, "/")+1:]] = true
			}
		}
	}
	for name, schema := range schemas {
		if !closed[name] {
			schema.AdditionalProperties = nil
		}
	}
}

// renderDocs makes the readable page.
func renderDocs(open, async []byte) ([]byte, error) {
	view, err := viewOf(open, async)
	if err != nil {
		return nil, err
	}
	t, err := template.New("docs").Parse(docsHTML)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, view); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
