package edge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// docsView is what the page at /docs shows. It is read from the two documents
// that machines read, so that it cannot say something else.
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
	Name, Kind, Link, About string
	Required                bool
}

// viewOf gathers what both documents say.
func viewOf(open, async []byte) (docsView, error) {
	var o openDocument
	if err := json.Unmarshal(open, &o); err != nil {
		return docsView{}, fmt.Errorf("the OpenAPI document: %w", err)
	}
	var a asyncMessages
	if err := json.Unmarshal(async, &a); err != nil {
		return docsView{}, fmt.Errorf("the AsyncAPI document: %w", err)
	}
	view := docsView{Title: o.Info.Title, About: o.Info.Description, Groups: groupsOf(o)}
	shown := map[string]bool{}
	for _, schemas := range []map[string]*docsSchema{o.Components.Schemas, a.Components.Schemas} {
		for _, name := range sortedKeys(schemas) {
			if !shown[name] && !strings.HasSuffix(name, "Frame") {
				view.Schemas = append(view.Schemas, shapeOf(name, schemas[name]))
			}
			shown[name] = true
		}
	}
	for _, name := range sortedKeys(a.Components.Messages) {
		m := a.Components.Messages[name]
		shape := shapeOf(name, a.resolve(m.Payload))
		shape.About = m.Summary
		view.Frames = append(view.Frames, shape)
	}
	return view, nil
}

// groupsOf lists the operations by their tag, and by path within it.
func groupsOf(o openDocument) []docsGroup {
	byTag := map[string][]docsOperation{}
	for _, path := range sortedKeys(o.Paths) {
		for _, method := range []string{"get", "post", "put", "delete"} {
			if op, ok := o.Paths[path][method]; ok && len(op.Tags) > 0 {
				byTag[op.Tags[0]] = append(byTag[op.Tags[0]], operationView(strings.ToUpper(method), path, op))
			}
		}
	}
	var groups []docsGroup
	for _, tag := range sortedKeys(byTag) {
		groups = append(groups, docsGroup{tag, byTag[tag]})
	}
	return groups
}

func operationView(method, path string, op openOperation) docsOperation {
	out := docsOperation{Method: method, Path: path, Summary: op.Summary, Secured: len(op.Security) > 0}
	for _, p := range op.Parameters {
		out.Params = append(out.Params, docsField{Name: p.Name, Kind: p.In + ", " + p.Schema.kind(), About: p.Description, Required: p.Required})
	}
	for _, media := range op.RequestBody.Content {
		out.Body = media.Schema.kind()
	}
	for _, status := range sortedKeys(op.Responses) {
		answer := docsField{Name: status, About: op.Responses[status].Description}
		for kind, media := range op.Responses[status].Content {
			answer.Kind = kind
			if media.Schema != nil && media.Schema.Ref != "" {
				answer.Kind, answer.Link = media.Schema.kind(), media.Schema.kind()
			}
		}
		out.Answers = append(out.Answers, answer)
	}
	return out
}

func shapeOf(name string, s *docsSchema) docsShape {
	shape := docsShape{Name: name, About: s.Description}
	for _, member := range sortedKeys(s.Properties) {
		p := s.Properties[member]
		shape.Fields = append(shape.Fields, docsField{Name: member, Kind: p.kind(), Link: p.link(), About: p.Description,
			Required: slices.Contains(s.Required, member)})
	}
	return shape
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
