package edge

import (
	"fmt"
	"strings"
)

// The parts of OpenAPI 3.1 and AsyncAPI 3.0 that /docs shows.
type (
	openDocument struct {
		Info struct {
			Title       string `json:"title"`
			Description string `json:"description"`
		} `json:"info"`
		Paths      map[string]map[string]openOperation `json:"paths"`
		Components struct {
			Schemas map[string]*docsSchema `json:"schemas"`
		} `json:"components"`
	}
	openOperation struct {
		Summary     string                  `json:"summary"`
		Tags        []string                `json:"tags"`
		Security    []any                   `json:"security"`
		Parameters  []openParam             `json:"parameters"`
		RequestBody openContent             `json:"requestBody"`
		Responses   map[string]openResponse `json:"responses"`
	}
	openParam struct {
		Name        string      `json:"name"`
		In          string      `json:"in"`
		Description string      `json:"description"`
		Required    bool        `json:"required"`
		Schema      *docsSchema `json:"schema"`
	}
	openContent struct {
		Content map[string]struct {
			Schema *docsSchema `json:"schema"`
		} `json:"content"`
	}
	openResponse struct {
		Description string `json:"description"`
		openContent
	}
	asyncMessages struct {
		Components struct {
			Messages map[string]struct {
				Summary string      `json:"summary"`
				Payload *docsSchema `json:"payload"`
			} `json:"messages"`
			Schemas map[string]*docsSchema `json:"schemas"`
		} `json:"components"`
	}
)

// docsSchema is a JSON Schema, as far as it is shown.
type docsSchema struct {
	Ref         string                 `json:"$ref"`
	Type        any                    `json:"type"` // a name, or a list of them
	Format      string                 `json:"format"`
	Description string                 `json:"description"`
	Enum        []any                  `json:"enum"`
	Items       *docsSchema            `json:"items"`
	AnyOf       []*docsSchema          `json:"anyOf"`
	Properties  map[string]*docsSchema `json:"properties"`
	Required    []string               `json:"required"`
}

// kind says in a few words what a value is.
func (s *docsSchema) kind() string {
	switch {
	case s == nil:
		return "anything"
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case s.Items != nil:
		return "list of " + s.Items.kind()
	case len(s.Enum) > 0:
		return joined(s.Enum)
	case len(s.AnyOf) > 0:
		kinds := make([]any, len(s.AnyOf))
		for i, one := range s.AnyOf {
			kinds[i] = one.kind()
		}
		return joined(kinds)
	case s.Type == nil:
		return "an event's envelope"
	case s.Format != "":
		return fmt.Sprintf("%v (%s)", s.Type, s.Format)
	default:
		return fmt.Sprint(s.Type)
	}
}

// link names the shape that a value has, or that the list's values have.
func (s *docsSchema) link() string {
	switch {
	case s.Ref != "":
		return s.kind()
	case s.Items != nil:
		return s.Items.link()
	default:
		return ""
	}
}

// resolve follows a reference to the document's schemas.
func (a asyncMessages) resolve(s *docsSchema) *docsSchema {
	if s != nil && s.Ref != "" {
		s = a.Components.Schemas[s.kind()]
	}
	if s == nil {
		return &docsSchema{}
	}
	return s
}

func joined(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, " | ")
}
