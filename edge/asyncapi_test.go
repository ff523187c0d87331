package edge

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write generated files anew")

const asyncGolden = "testdata/asyncapi.json"

func TestTheAsyncAPIDocumentIsCurrent(t *testing.T) {
	got, err := asyncAPI()
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(asyncGolden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(asyncGolden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale: go test ./edge -run AsyncAPI -update", asyncGolden)
	}
}

func TestTheAsyncAPIDocumentSaysWhichMembersMayBeAbsent(t *testing.T) {
	raw, err := asyncAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Required   []string
				Properties map[string]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	in, out := socketFrames()
	for _, f := range append(in, out...) {
		typ := reflect.TypeOf(f.payload)
		schema, ok := doc.Components.Schemas[asyncName(typ, "")]
		if !ok {
			t.Errorf("%s has no schema", f.name)
			continue
		}
		for i := range typ.NumField() {
			name, rest, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			optional := strings.Contains(rest, "omit")
			if schema.Properties[name] == nil {
				t.Errorf("%s.%s is missing", f.name, name)
			}
			if slices.Contains(schema.Required, name) == optional {
				t.Errorf("%s.%s: required is %v", f.name, name, !optional)
			}
			if typ.Field(i).Tag.Get("doc") == "" {
				t.Errorf("%s.%s is not explained", f.name, name)
			}
		}
	}
}
