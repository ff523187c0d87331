package edge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// docsView is what the page at /docs shows.
type docsView struct {
	Title, About string
	Groups       []docsGroup
	Schemas      []docsShape
	Frames       []docsShape
}

type docsGroup struct {
	Name       string
	Operations []docsOperation
}

type docsOperation struct {
	Method, Path, Summary, Body string
	Secured                     bool
	Params                      []docsField
	Answers                     []docsField
}

// docsShape is an object with its members.
type docsShape struct {
	Name, About string
	Fields      []docsField
}

type docsField struct {
	Name, Kind, About string
	Required          bool
}

// viewOf gathers what both documents say.
func viewOf(open *huma.OpenAPI, async []byte) (docsView, error) {
	view := docsView{Title: open.Info.Title, About: open.Info.Description}
	groups := map[string][]docsOperation{}
	for path, item := range open.Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if o != nil && len(o.Tags) > 0 {
				groups[o.Tags[0]] = append(groups[o.Tags[0]], operationView(path, o))
			}
		}
	}
	for _, name := range sortedKeys(groups) {
		slices.SortFunc(groups[name], func(a, b docsOperation) int {
			return strings.Compare(a.Path+a.Method, b.Path+b.Method)
		})
		view.Groups = append(view.Groups, docsGroup{name, groups[name]})
	}
	schemas := open.Components.Schemas.Map()
	for _, name := range sortedKeys(schemas) {
		view.Schemas = append(view.Schemas, shapeOf(name, schemas[name]))
	}
	frames, err := framesOf(async)
	view.Frames = frames
	return view, err
}

func operationView(path string, o *huma.Operation) docsOperation {
	out := docsOperation{Method: o.Method, Path: path, Summary: o.Summary, Secured: len(o.Security) > 0}
	for _, p := range o.Parameters {
		out.Params = append(out.Params, docsField{Name: p.Name, Kind: p.In + ", " + kindName(p.Schema), About: p.Description, Required: p.Required})
	}
	if o.RequestBody != nil {
		for _, media := range o.RequestBody.Content {
			out.Body = kindName(media.Schema)
		}
	}
	for _, status := range sortedKeys(o.Responses) {
		answer := docsField{Name: status, About: o.Responses[status].Description}
		for kind, media := range o.Responses[status].Content {
			answer.Kind = kind
			if media.Schema != nil {
				answer.Kind = kindName(media.Schema)
			}
		}
		out.Answers = append(out.Answers, answer)
	}
	return out
}

// kindName says in a word what a schema is.
func kindName(s *huma.Schema) string {
	switch {
	case s == nil:
		return "anything"
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case s.Type == "array":
		return "list of " + kindName(s.Items)
	case len(s.Enum) > 0:
		return strings.Trim(strings.ReplaceAll(fmt.Sprint(s.Enum), " ", " | "), "[]")
	case s.Format != "":
		return s.Type + " (" + s.Format + ")"
	case s.Type == "":
		return "an event's envelope"
	default:
		return s.Type
	}
}

func shapeOf(name string, s *huma.Schema) docsShape {
	shape := docsShape{Name: name, About: s.Description}
	for _, field := range sortedKeys(s.Properties) {
		p := s.Properties[field]
		shape.Fields = append(shape.Fields, docsField{Name: field, Kind: kindName(p), About: p.Description, Required: slices.Contains(s.Required, field)})
	}
	return shape
}

// framesOf reads the messages of an AsyncAPI document.
func framesOf(async []byte) ([]docsShape, error) {
	var doc struct {
		Components struct {
			Messages map[string]struct {
				Summary string       `json:"summary"`
				Payload *huma.Schema `json:"payload"`
			} `json:"messages"`
			Schemas map[string]*huma.Schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(async, &doc); err != nil {
		return nil, fmt.Errorf("the AsyncAPI document: %w", err)
	}
	var shapes []docsShape
	for _, name := range sortedKeys(doc.Components.Messages) {
		m := doc.Components.Messages[name]
		payload := m.Payload
		if payload != nil && payload.Ref != "" {
			payload = doc.Components.Schemas[kindName(payload)]
		}
		if payload == nil {
			payload = &huma.Schema{}
		}
		shape := shapeOf(name, payload)
		shape.About = m.Summary
		shapes = append(shapes, shape)
	}
	return shapes, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
