package events_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/events"
)

// document writes docs/events.md from the table, the examples and the comments
// that stand at the payloads.
func document(t *testing.T) []byte {
	t.Helper()
	structs := parseStructs(t)
	var out bytes.Buffer
	out.WriteString(intro)
	out.WriteString("| type | stream | subject | decided by | readers | when |\n|---|---|---|---|---|---|\n")
	for _, row := range events.Table {
		fmt.Fprintf(&out, "| [`%s`](#%s) | %s | `%s<%s>` | %s | %s | %s |\n", row.Type, anchor(row.Type), row.Stream,
			row.Stream.Prefix(), scopes[row.Stream], origins[row.Origin], join(row.Readers), row.Meaning)
	}
	envelope := structs["Event"]
	fmt.Fprintf(&out, "\n## The envelope\n\n%s\n\n", sentence(envelope.doc, "Event"))
	fields(&out, reflect.TypeFor[events.Event](), envelope)
	fmt.Fprintf(&out, "\n%s\n\n", sentence(structs["Person"].doc, "Person"))
	fields(&out, reflect.TypeFor[events.Person](), structs["Person"])
	for _, row := range events.Table {
		payload := reflect.TypeOf(row.Payload)
		fmt.Fprintf(&out, "\n## %s\n\n%s\n\n", row.Type, row.Meaning)
		fields(&out, payload, structs[payload.Name()])
		fmt.Fprintf(&out, "\n```json\n%s```\n", indented(t, example(t, row.Type).Encode()))
	}
	return out.Bytes()
}

const intro = `# Events

<!-- Written by "go generate ./events" from events/events.go. Do not edit. -->

Everything that happens in natter is one of these events. Ignore the types and the members that you do not know: there
will be more, and none of these changes its meaning. "Decided by" says where an event becomes true: *log*, when the log
has it; *table*, when a PostgreSQL transaction commits that guards an invariant, and the event follows from its outbox.

`

var (
	scopes  = map[events.Stream]string{events.Chat: "room", events.Reads: "room", events.Notify: "user", events.Sessions: "session"}
	origins = map[events.Origin]string{events.LogFirst: "log", events.TableFirst: "table"}
)

// A structDoc is what the source says about a struct.
type structDoc struct {
	doc    string
	fields map[string]string // Go field name → comment
}

// parseStructs reads the comments of the package's structs from its source.
func parseStructs(t *testing.T) map[string]structDoc {
	t.Helper()
	found := map[string]structDoc{}
	for _, name := range []string{"events.go", "event.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.TYPE {
				continue
			}
			spec := gen.Specs[0].(*ast.TypeSpec)
			if st, ok := spec.Type.(*ast.StructType); ok {
				found[spec.Name.Name] = structDoc{gen.Doc.Text(), comments(st)}
			}
		}
	}
	return found
}

func comments(st *ast.StructType) map[string]string {
	found := map[string]string{}
	for _, field := range st.Fields.List {
		text := field.Comment.Text()
		if text == "" {
			text = field.Doc.Text()
		}
		for _, name := range field.Names {
			found[name.Name] = oneLine(text)
		}
	}
	return found
}

// fields writes the table of a struct's members as they stand in JSON.
func fields(out *bytes.Buffer, typ reflect.Type, doc structDoc) {
	out.WriteString("| member | type | |\n|---|---|---|\n")
	for i := range typ.NumField() {
		field := typ.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		kind := jsonType(field.Type)
		if strings.Contains(options, "omit") {
			kind += ", may be absent"
		}
		fmt.Fprintf(out, "| `%s` | %s | %s |\n", name, kind, doc.fields[field.Name])
	}
}

func jsonType(typ reflect.Type) string {
	switch typ.Kind() {
	case reflect.Pointer:
		return jsonType(typ.Elem())
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Uint64:
		return "number"
	case reflect.String:
		return "string"
	case reflect.Slice:
		if typ.Elem().Kind() == reflect.Uint8 {
			return "object"
		}
		return "array of " + jsonType(typ.Elem())
	}
	if typ == reflect.TypeFor[events.Person]() {
		return "person"
	}
	if typ == reflect.TypeFor[time.Time]() {
		return "RFC 3339 time"
	}
	return "object: " + members(typ)
}

// members lists what stands in an object.
func members(typ reflect.Type) string {
	var all []string
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		all = append(all, "`"+name+"` "+jsonType(typ.Field(i).Type))
	}
	return strings.Join(all, ", ")
}

func join(readers []events.Reader) string {
	names := make([]string, len(readers))
	for i, reader := range readers {
		names[i] = string(reader)
	}
	return strings.Join(names, ", ")
}

func anchor(typ events.Type) string { return strings.ReplaceAll(string(typ), ".", "") }

func oneLine(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

// sentence turns "Event is the envelope" into "An event is the envelope".
func sentence(doc, name string) string {
	article := "A "
	if strings.ContainsRune("AEIOU", rune(name[0])) {
		article = "An "
	}
	return article + strings.ToLower(name) + strings.TrimPrefix(oneLine(doc), name)
}

func TestEveryMemberOfEveryPayloadIsExplained(t *testing.T) {
	structs := parseStructs(t)
	unexplained := []string{"Event.Type", "Event.Version", "Event.Data", "Person.ID", "Person.Name",
		"SessionRevokedData.User"} // their names and the text around them say it
	types := []reflect.Type{reflect.TypeFor[events.Event]()}
	for _, row := range events.Table {
		types = append(types, reflect.TypeOf(row.Payload))
	}
	for _, typ := range types {
		for i := range typ.NumField() {
			name := typ.Name() + "." + typ.Field(i).Name
			if structs[typ.Name()].fields[typ.Field(i).Name] == "" && !slices.Contains(unexplained, name) {
				t.Errorf("%s has no comment for docs/events.md", name)
			}
		}
	}
}
